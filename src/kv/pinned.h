// Which stored prompts people keep, for the next start: KvCache::keep's keys, written down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "base/recorded.h"
#include "base/sync.h"
#include "kv/block.h"

namespace anyclaude {

// Thread-safe.
class PinnedPrompts : public Recorded {
 public:
  static constexpr uint64_t journal_bytes_max = 1u << 20;
  static constexpr size_t prompts_max = 1'000;  // that are believed of what was written down

  // One record as it was written down. What is none is left out.
  void restore(std::string_view key, std::span<const uint8_t> value);

  void set(const PieceKey& key, bool pinned);
  std::vector<PieceKey> list() const;

 private:
  mutable Mutex mutex_;
  std::set<PieceKey> keys_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
