// Threads on demand: one job each at a time, made when a job finds none idle, gone after a while
// without work.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <thread>
#include <vector>

#include "base/sync.h"

namespace anyclaude {

struct WorkersOptions {
  size_t threads_max = 1200;
  size_t queued_max = 512;                     // jobs waiting for a thread
  std::chrono::milliseconds idle_time{5'000};  // after which a thread leaves
};

// Thread-safe.
class Workers {
 public:
  explicit Workers(WorkersOptions options);
  ~Workers();  // as shut_down
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False: every thread is busy and the queue is full, or no thread could be made; the job has not
  // been taken.
  bool run(std::function<void()> job);

  // Runs what is queued, waits for all threads. Later jobs are refused.
  void shut_down();

  size_t threads() const;

 private:
  using Thread = std::list<std::thread>::iterator;
  void work(Thread self);
  bool make_thread() REQUIRES(mutex_);

  const WorkersOptions options_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
  std::list<std::thread> threads_ GUARDED_BY(mutex_);
  std::vector<std::thread> left_ GUARDED_BY(mutex_);  // ended, to be joined
  size_t idle_ GUARDED_BY(mutex_) = 0;
  bool shutting_down_ GUARDED_BY(mutex_) = false;
};

}  // namespace anyclaude
