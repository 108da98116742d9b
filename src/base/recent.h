// What was looked at last, by key: as much as fits a limit; what was looked at longest ago goes.
// Whoever shares it between threads locks it.
#pragma once

#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <utility>

namespace anyclaude {

template <class Key, class Value>
class Recent {
 public:
  // All costs together stay within `cost_max`: bytes, or 1 each where it is a number of values.
  explicit Recent(uint64_t cost_max) : cost_max_(cost_max) {}

  // Null where it is not there; else good until the next `put`.
  const Value* find(const Key& key) {
    const auto known = index_.find(key);
    if (known == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, known->second);
    return &known->second->value;
  }

  // In the place of what had this key. What alone costs more than the limit is not kept.
  void put(const Key& key, Value value, uint64_t cost = 1) {
    if (const auto known = index_.find(key); known != index_.end()) erase(known->second);
    if (cost > cost_max_) return;
    entries_.push_front({key, std::move(value), cost});
    index_.emplace(key, entries_.begin());
    cost_ += cost;
    while (cost_ > cost_max_) erase(std::prev(entries_.end()));
  }

  // `look` sees each value, the one that was looked at last first.
  template <class Look>
  void each(Look look) const {
    for (const Entry& entry : entries_) look(entry.value);
  }

  uint64_t cost() const { return cost_; }

 private:
  struct Entry {
    Key key;
    Value value;
    uint64_t cost = 0;
  };
  using Place = typename std::list<Entry>::iterator;

  void erase(Place entry) {
    cost_ -= entry->cost;
    index_.erase(entry->key);
    entries_.erase(entry);
  }

  const uint64_t cost_max_;
  uint64_t cost_ = 0;
  std::list<Entry> entries_;  // looked at last first
  std::map<Key, Place> index_;
};

}  // namespace anyclaude
