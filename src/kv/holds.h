// Prefixes that are not thrown out, whatever comes: those of open tool calls for a time, and those
// that people keep until they say otherwise.
//
// Not thread-safe: the cache's lock guards it. A prefix must be destroyed without that lock, so
// whatever is let go of is given to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "kv/found_prefix.h"

namespace anyclaude {

using FoundPrefixPtr = std::shared_ptr<FoundPrefix>;

class Holds {
 public:
  struct Limits {
    uint32_t pin_s_max = 600;
    size_t pins_max = 256;  // the one that would end first makes room for another
    size_t kept_max = 64;
    uint64_t kept_bytes_max = 0;  // of all that is kept, as files
  };
  using Ended = std::vector<FoundPrefixPtr>;

  // `kept` are kept as soon as they are `found`.
  Holds(Limits limits, const std::vector<PieceKey>& kept);

  // ---- For a time: one pin a prefix; 0 seconds end it.
  [[nodiscard]] Ended pin(FoundPrefixPtr prefix, uint32_t seconds, int64_t now_s);
  [[nodiscard]] Ended end_pins(int64_t now_s);

  // ---- For good, by the prefix's last range.
  bool is_kept(const PieceKey& range) const { return kept_.contains(range); }
  // False: more than may be kept; the prefix is then the caller's still.
  bool keep(FoundPrefixPtr& prefix);
  [[nodiscard]] Ended let_go(const PieceKey& range);
  // Of what is kept more has been found: this is it now.
  [[nodiscard]] Ended found(FoundPrefixPtr prefix);

  [[nodiscard]] Ended clear();

 private:
  struct TimedPin {
    int64_t until_s = 0;
    FoundPrefixPtr prefix;
  };
  static const PieceKey& key_of(const FoundPrefix& prefix) {
    return prefix.ranges.back()->head->key;
  }
  uint64_t kept_bytes_with(const FoundPrefix& another) const;

  const Limits limits_;
  std::map<PieceKey, TimedPin> pins_;        // by the last range
  std::map<PieceKey, FoundPrefixPtr> kept_;  // the same; null: not found yet
};

}  // namespace anyclaude
