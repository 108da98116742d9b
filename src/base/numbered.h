// The last values of a row that only grows, for those who ask what is new. A value is a struct with
// a member `number`. Whoever shares it between threads locks it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace anyclaude {

template <class Value>
class Numbered {
 public:
  explicit Numbered(size_t values_max) : values_max_(values_max) {}

  // Gives it the next number, from 1 on; the oldest makes room.
  void add(Value value) {
    value.number = ++last_;
    values_.push_back(std::move(value));
    if (values_.size() > values_max_) values_.pop_front();
  }

  // Oldest first, of those with numbers above `number`; the newest `limit` of them.
  std::vector<Value> after(uint64_t number, size_t limit) const {
    auto begin = std::ranges::upper_bound(values_, number, {}, &Value::number);
    const auto count = static_cast<size_t>(values_.end() - begin);
    if (count > limit) begin += static_cast<std::ptrdiff_t>(count - limit);
    return {begin, values_.end()};
  }

  // Newest first, of those with numbers below `number`; at most `limit`.
  std::vector<Value> before(uint64_t number, size_t limit) const {
    const auto end = std::ranges::lower_bound(values_, number, {}, &Value::number);
    const auto count = std::min(limit, static_cast<size_t>(end - values_.begin()));
    std::vector<Value> found(end - static_cast<std::ptrdiff_t>(count), end);
    std::ranges::reverse(found);
    return found;
  }

  size_t size() const { return values_.size(); }

 private:
  const size_t values_max_;
  std::deque<Value> values_;  // oldest first
  uint64_t last_ = 0;
};

}  // namespace anyclaude
