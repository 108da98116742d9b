// The last requests that have ended, for people: in memory, of this server's run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/sync.h"
#include "protocol/activity_report.h"

namespace anyclaude {

// Thread-safe.
class RequestHistory {
 public:
  explicit RequestHistory(size_t requests_max = 10'000) : requests_max_(requests_max) {}

  // Gives it the next number; the oldest makes room.
  void add(FinishedReport request);

  // Newest first, of those with numbers below `before`; at most `limit`.
  FinishedList before(uint64_t before, size_t limit) const;
  // Oldest first, of those with numbers above `after`; the newest `limit` of them.
  FinishedList after(uint64_t after, size_t limit) const;

 private:
  const size_t requests_max_;
  mutable Mutex mutex_;
  std::deque<FinishedReport> requests_ GUARDED_BY(mutex_);  // oldest first
  uint64_t last_ GUARDED_BY(mutex_) = 0;
};

}  // namespace anyclaude
