// The last requests that have ended, for people: in memory, of this server's run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/numbered.h"
#include "base/sync.h"
#include "protocol/activity_report.h"

namespace anyclaude {

// Thread-safe.
class RequestHistory {
 public:
  explicit RequestHistory(size_t requests_max = 10'000) : requests_(requests_max) {}

  // Gives it the next number; the oldest makes room.
  void add(FinishedReport request);

  // Newest first, of those with numbers below `before`; at most `limit`.
  FinishedList before(uint64_t before, size_t limit) const;
  // Oldest first, of those with numbers above `after`; the newest `limit` of them.
  FinishedList after(uint64_t after, size_t limit) const;

 private:
  mutable Mutex mutex_;
  Numbered<FinishedReport> requests_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
