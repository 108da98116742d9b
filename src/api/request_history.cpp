#include "api/request_history.h"

#include <utility>

namespace anyclaude {

void RequestHistory::add(FinishedReport request) {
  const MutexLock lock(mutex_);
  requests_.add(std::move(request));
}

FinishedList RequestHistory::before(uint64_t before, size_t limit) const {
  const MutexLock lock(mutex_);
  return {.requests = requests_.before(before, limit), .count = requests_.size()};
}

FinishedList RequestHistory::after(uint64_t after, size_t limit) const {
  const MutexLock lock(mutex_);
  return {.requests = requests_.after(after, limit), .count = requests_.size()};
}

}  // namespace anyclaude
