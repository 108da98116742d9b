// The tokens of one llama_decode call.
#pragma once

#include <cstdint>

#include "engine/embedded/cells.h"
#include "engine/embedded/tokeniser.h"
#include "llama.h"

namespace anyclaude {

enum class Decoded { done, no_room, failed };

// Not thread-safe: belongs to the engine's thread.
class Batch {
 public:
  explicit Batch(uint32_t tokens_max)
      : batch_(llama_batch_init(static_cast<int32_t>(tokens_max), 0, 1)), tokens_max_(tokens_max) {}
  ~Batch() { llama_batch_free(batch_); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void clear() { batch_.n_tokens = 0; }
  uint32_t size() const { return static_cast<uint32_t>(batch_.n_tokens); }
  bool full() const { return size() == tokens_max_; }

  // At most `tokens_max`. `logits`: what follows the token is wanted.
  void add(Token token, uint32_t position, SequenceId sequence, bool logits) {
    const int32_t i = batch_.n_tokens++;
    batch_.token[i] = token;
    batch_.pos[i] = static_cast<llama_pos>(position);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence;
    batch_.logits[i] = logits ? 1 : 0;
  }

  // no_room: the cells are full, nothing was changed.
  Decoded decode(llama_context* context);

 private:
  llama_batch batch_;
  uint32_t tokens_max_;
};

}  // namespace anyclaude
