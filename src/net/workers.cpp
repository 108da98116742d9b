#include "net/workers.h"

#include <system_error>
#include <utility>

namespace anyclaude {

Workers::Workers(WorkersOptions options) : options_(options) {}

Workers::~Workers() { shut_down(); }

bool Workers::run(std::function<void()> job) {
  std::vector<std::thread> left;
  {
    const MutexLock lock(mutex_);
    left.swap(left_);
    if (shutting_down_) return false;
    // Idle threads may be fewer than the jobs that already wait for them to wake.
    const bool served = idle_ > jobs_.size() || make_thread();
    if (!served && (threads_.empty() || jobs_.size() >= options_.queued_max)) return false;
    jobs_.push_back(std::move(job));
    changed_.notify_one();
  }
  for (std::thread& thread : left) thread.join();
  return true;
}

bool Workers::make_thread() {
  if (threads_.size() >= options_.threads_max) return false;
  const Thread self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { work(self); });
  } catch (const std::system_error&) {  // the system has no more threads
    threads_.erase(self);
    return false;
  }
  return true;
}

void Workers::work(Thread self) {
  mutex_.lock();
  while (true) {
    if (jobs_.empty() && !shutting_down_) {
      ++idle_;
      const bool notified = changed_.wait_for(mutex_, options_.idle_time);
      --idle_;
      if (!notified && jobs_.empty()) break;
      continue;
    }
    if (jobs_.empty()) break;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    mutex_.unlock();
    job();
    mutex_.lock();
  }
  if (!shutting_down_) {  // else shut_down joins it where it is
    left_.push_back(std::move(*self));
    threads_.erase(self);
  }
  mutex_.unlock();
}

void Workers::shut_down() {
  std::vector<std::thread> left;
  {
    const MutexLock lock(mutex_);
    shutting_down_ = true;
    changed_.notify_all();
    left.swap(left_);
    for (std::thread& thread : threads_) left.push_back(std::move(thread));
    threads_.clear();
  }
  for (std::thread& thread : left) thread.join();
}

size_t Workers::threads() const {
  const MutexLock lock(mutex_);
  return threads_.size();
}

}  // namespace anyclaude
