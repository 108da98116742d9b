// An event that threads of a test wait for, instead of sleeping and hoping.
#pragma once

#include <chrono>

#include "base/sync.h"

namespace anyclaude {

// Thread-safe.
class Latch {
 public:
  // After `count` calls of arrive the latch is open.
  explicit Latch(int count = 1) : missing_(count) {}

  void arrive() {
    const MutexLock lock(mutex_);
    --missing_;
    changed_.notify_all();
  }

  // False when it has not opened in 20 seconds, far longer than anything here takes.
  bool wait() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const MutexLock lock(mutex_);
    while (missing_ > 0) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      changed_.wait_for(mutex_, std::chrono::milliseconds(100));
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int missing_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
