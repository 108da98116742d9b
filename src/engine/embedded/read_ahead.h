// While a prompt's text is still being tokenised, what is known of it and is only on the disk comes
// into RAM: by the time the engine asks for it, most of the reading is done.
//
// Guesses nothing: only what the tokens so far lead to is read. It is for texts that are tokenised
// for the first time, as after a start; for others there is no time to gain.
//
// For one prompt, on one thread. Its end lets go of what nobody has begun to read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kv/cache.h"

namespace anyclaude {

class ReadAhead {
 public:
  // `cache` may be null, and outlives it.
  ReadAhead(KvCache* cache, const Fingerprint& fingerprint);

  // The prompt's first tokens. Cheap to call often.
  void begun(std::span<const Token> tokens);

 private:
  KvCache* const cache_;
  const Fingerprint fingerprint_;
  const uint64_t bytes_max_;
  size_t looked_at_ = 0;  // tokens, at the last look
  uint32_t asked_to_ = 0;
  std::vector<std::unique_ptr<PrefixLoad>> loads_;
};

}  // namespace anyclaude
