#include "api/request_history.h"

#include <algorithm>
#include <utility>

namespace anyclaude {

void RequestHistory::add(FinishedReport request) {
  const MutexLock lock(mutex_);
  request.number = ++last_;
  requests_.push_back(std::move(request));
  if (requests_.size() > requests_max_) requests_.pop_front();
}

FinishedList RequestHistory::before(uint64_t before, size_t limit) const {
  const MutexLock lock(mutex_);
  FinishedList list{.count = requests_.size()};
  const auto end = std::ranges::lower_bound(requests_, before, {}, &FinishedReport::number);
  for (auto at = end; at != requests_.begin() && list.requests.size() < limit;) {
    list.requests.push_back(*--at);
  }
  return list;
}

FinishedList RequestHistory::after(uint64_t after, size_t limit) const {
  const MutexLock lock(mutex_);
  FinishedList list{.count = requests_.size()};
  auto begin = std::ranges::upper_bound(requests_, after, {}, &FinishedReport::number);
  const auto count = static_cast<size_t>(requests_.end() - begin);
  if (count > limit) begin += static_cast<std::ptrdiff_t>(count - limit);
  list.requests.assign(begin, requests_.end());
  return list;
}

}  // namespace anyclaude
