// The order of tools in prompts, as it is learned: which tool sets have been seen, and in which
// order each of them is written. A set keeps its order for good, for what was computed of it stands
// in that order. A new set begins as a known one does, as far as it can; the rest goes on with the
// tools that most kinds of clients have in the same words, and where nothing tells them apart in
// the shipped order (prompt/tool_order.h).
//
// Sets that list the same names are one kind: of these the newest counts, so that tools whose
// words change with each version of a client keep their places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent.h"
#include "base/recorded.h"
#include "base/sync.h"
#include "protocol/chat.h"

namespace anyclaude {

// Thread-safe.
class ToolSets : public Recorded {
 public:
  static constexpr size_t sets_max = 256;
  // Longer ones stand in the shipped order.
  static constexpr size_t tools_max = 512;
  static constexpr uint64_t journal_bytes_max = 8u << 20;

  // One record as it was written down (docs/disk-format.md). What is none is left out.
  void restore(std::string_view key, std::span<const uint8_t> value);

  // Puts tools that stand in the shipped order into their own. Returns how many stand in front of
  // each place where other sets are likely to go on differently: ascending, neither 0 nor all of
  // them, few. What is learned of one `sharing` (protocol/chat.h) serves no other.
  std::vector<size_t> arrange(std::vector<Tool>& tools, std::string_view sharing);

 private:
  // Hashes find; what they say only decides on an order.
  struct Id {
    uint64_t name = 0;
    uint64_t words = 0;  // of name, description and schema
    bool operator==(const Id&) const = default;
  };
  struct ToolSet {
    uint64_t sharing = 0;
    std::vector<Id> order;
    uint64_t kind = 0;  // a hash of the names, however they stand
  };

  static std::vector<Id> ids_of(const std::vector<Tool>& tools);
  static uint64_t kind_of(const std::vector<Id>& order);
  static std::vector<uint8_t> encode(uint64_t sharing, const std::vector<Id>& order);
  // The newest of each kind, of those who share.
  std::vector<const ToolSet*> kinds(uint64_t sharing) const REQUIRES(mutex_);
  std::vector<size_t> new_order(const std::vector<Tool>& tools, const std::vector<Id>& ids,
                                uint64_t sharing) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  Recent<std::string, ToolSet> sets_ GUARDED_BY(mutex_){sets_max};
};

}  // namespace anyclaude
