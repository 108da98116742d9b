#include "kv/holds.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kv/piece_file.h"

namespace anyclaude {

Holds::Holds(Limits limits, const std::vector<PieceKey>& kept) : limits_(limits) {
  for (const PieceKey& range : kept) kept_.emplace(range, nullptr);
}

Holds::Ended Holds::pin(FoundPrefixPtr prefix, uint32_t seconds, int64_t now_s) {
  Ended ended;
  const PieceKey key = key_of(*prefix);
  TimedPin pin{now_s + std::min(seconds, limits_.pin_s_max), std::move(prefix)};
  if (const auto old = pins_.extract(key)) ended.push_back(std::move(old.mapped().prefix));
  if (seconds == 0 || limits_.pins_max == 0) {
    ended.push_back(std::move(pin.prefix));
    return ended;
  }
  if (pins_.size() >= limits_.pins_max) {
    const auto earliest =
        std::ranges::min_element(pins_, {}, [](const auto& entry) { return entry.second.until_s; });
    ended.push_back(std::move(earliest->second.prefix));
    pins_.erase(earliest);
  }
  pins_.emplace(key, std::move(pin));
  return ended;
}

Holds::Ended Holds::end_pins(int64_t now_s) {
  Ended ended;
  std::erase_if(pins_, [&](auto& entry) {
    const int64_t left_s = entry.second.until_s - now_s;
    // More is left than any pin may last: the clock was set back, perhaps by years.
    if (left_s > 0 && left_s <= limits_.pin_s_max) return false;
    ended.push_back(std::move(entry.second.prefix));
    return true;
  });
  return ended;
}

uint64_t Holds::kept_bytes_with(const FoundPrefix& another) const {
  std::set<const PieceNode*> pieces;  // what two share is there once
  const auto add = [&](const FoundPrefix& prefix) {
    pieces.insert(prefix.ranges.begin(), prefix.ranges.end());
    pieces.insert(prefix.points.begin(), prefix.points.end());
  };
  add(another);
  for (const auto& [range, prefix] : kept_) {
    if (prefix) add(*prefix);
  }
  uint64_t bytes = 0;
  for (const PieceNode* piece : pieces) bytes += piece_file_bytes(*piece->head);
  return bytes;
}

bool Holds::keep(FoundPrefixPtr& prefix) {
  const auto known = kept_.find(key_of(*prefix));
  if (known != kept_.end() && known->second) return true;
  // Those that were never found are not there any more, and take no place.
  const auto held =
      std::ranges::count_if(kept_, [](const auto& entry) { return entry.second != nullptr; });
  if (static_cast<size_t>(held) >= limits_.kept_max) return false;
  if (kept_bytes_with(*prefix) > limits_.kept_bytes_max) return false;
  const PieceKey key = key_of(*prefix);
  kept_[key] = std::exchange(prefix, nullptr);
  return true;
}

Holds::Ended Holds::let_go(const PieceKey& range) {
  Ended ended;
  if (const auto old = kept_.extract(range)) ended.push_back(std::move(old.mapped()));
  return ended;
}

Holds::Ended Holds::found(FoundPrefixPtr prefix) {
  const auto known = kept_.find(key_of(*prefix));
  if (known != kept_.end()) std::swap(known->second, prefix);
  return {std::move(prefix)};
}

Holds::Ended Holds::clear() {
  Ended ended;
  for (auto& [range, pin] : pins_) ended.push_back(std::move(pin.prefix));
  for (auto& [range, prefix] : kept_) ended.push_back(std::move(prefix));
  pins_.clear();
  kept_.clear();
  return ended;
}

}  // namespace anyclaude
