// Locks that Clang's thread-safety analysis understands (-Wthread-safety). Members name their lock:
//   Mutex mutex_;
//   std::deque<Job> queue_ GUARDED_BY(mutex_);
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ANYCLAUDE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ANYCLAUDE_THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x) ANYCLAUDE_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY ANYCLAUDE_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) ANYCLAUDE_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) ANYCLAUDE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) ANYCLAUDE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) ANYCLAUDE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS ANYCLAUDE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace anyclaude {

class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition variable over Mutex. The caller holds the mutex and rechecks its condition.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False: the time ran out.
  bool wait_for(Mutex& mutex, std::chrono::milliseconds time) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool notified = condition_.wait_for(lock, time) == std::cv_status::no_timeout;
    lock.release();
    return notified;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace anyclaude
