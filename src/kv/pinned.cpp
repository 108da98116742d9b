#include "kv/pinned.h"

#include <array>

namespace anyclaude {

// A record: the key in hexadecimal digits, and one byte, 1 or 0.
void PinnedPrompts::restore(std::string_view key, std::span<const uint8_t> value) {
  const auto range = parse_hash(key);
  if (!range || value.size() != 1 || value[0] > 1) return;
  const MutexLock lock(mutex_);
  if (value[0] == 0) {
    keys_.erase(*range);
  } else if (keys_.size() < prompts_max) {
    keys_.insert(*range);
  }
}

void PinnedPrompts::set(const PieceKey& key, bool pinned) {
  {
    const MutexLock lock(mutex_);
    if (pinned) keys_.insert(key);
    if (!pinned) keys_.erase(key);
  }
  write_down(to_hex(key), std::array{static_cast<uint8_t>(pinned ? 1 : 0)});
}

std::vector<PieceKey> PinnedPrompts::list() const {
  const MutexLock lock(mutex_);
  return {keys_.begin(), keys_.end()};
}

}  // namespace anyclaude
