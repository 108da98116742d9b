// While a prompt's text is still being tokenised, what is known of it and is only on the disk comes
// into RAM: by the time the engine asks for it, most of the reading is done.
//
// Guesses nothing: only what the tokens so far lead to is read, and of that only what is behind the
// first text that this process has not tokenised before. What is in front of it was in a prompt
// before, and is mostly in the cells still.
//
// For one prompt, on one thread. Its end lets go of what nobody has begun to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kv/cache.h"

namespace anyclaude {

class ReadAhead {
 public:
  // `cache` may be null, and outlives it.
  ReadAhead(KvCache* cache, const Fingerprint& fingerprint)
      : cache_(cache), fingerprint_(fingerprint) {}

  // As Tokeniser::Progress. Cheap to call often.
  void begun(std::span<const Token> tokens, size_t fresh);

 private:
  KvCache* const cache_;
  const Fingerprint fingerprint_;
  size_t looked_at_ = 0;              // tokens, at the last look
  std::optional<uint32_t> asked_to_;  // nothing: no fresh text yet
  std::vector<std::unique_ptr<PrefixLoad>> loads_;
};

}  // namespace anyclaude
