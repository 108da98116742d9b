// The sequences in a context's cells: cutting, copying, and the windows that sliding-window layers
// need. Everything here knows what libllama does not check.
//
// On models with a window, copying a prefix copies only what is left of its window, which is
// nothing when the prefix ends far before the source does; libllama then decodes without complaint
// and answers wrongly. So a prefix is usable only where its window is: at the source's end, or at a
// checkpoint. After every copy the positions are compared with what the model will look at.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/embedded/memory_kind.h"

struct llama_context;

namespace anyclaude {

using SequenceId = int32_t;  // llama_seq_id

// The window layers' state after the first `position` tokens of a sequence. It holds one token more
// than the next one looks at, so it serves after `position - 1` tokens too: an identical prompt
// needs its last token again.
struct Checkpoint {
  uint32_t position = 0;
  bool periodic = false;  // taken on the way, not at a save point; goes first when room is short
  std::shared_ptr<const std::vector<uint8_t>> bytes;

  // The longest prefix of `length` tokens or less that can be continued from with it.
  uint32_t serves(uint32_t length) const {
    return position <= length + 1 ? std::min(position, length) : 0;
  }
};

// Not thread-safe: belongs to the engine's thread. The context must outlive it.
class Cells {
 public:
  Cells(llama_context* context, Memory memory);

  const Memory& memory() const { return memory_; }

  void clear(SequenceId sequence);

  // Keeps the first `length` tokens of a sequence. False: they cannot be continued from (the window
  // is gone, or this memory cannot cut); the sequence is then empty.
  bool truncate(SequenceId sequence, uint32_t length);

  // Makes `target` (empty) the first `length` tokens of `source`, which stays as it is. A
  // `checkpoint` that serves there gives the window; without one the source's must still reach
  // there. False: the target is empty.
  bool copy(SequenceId source, SequenceId target, uint32_t length,
            const Checkpoint* checkpoint = nullptr);

  // Cuts a sequence to `length` tokens and puts the window of a checkpoint back that serves there.
  bool rewind(SequenceId sequence, const Checkpoint& checkpoint, uint32_t length);

  // The window of a sequence of `length` tokens; nothing where the memory has none, or on failure.
  std::optional<Checkpoint> take_checkpoint(SequenceId sequence, uint32_t length);

  // True when the next token after `length` tokens would see all that it must.
  bool complete(SequenceId sequence, uint32_t length) const;

  // True when the window layers still hold what the next token after `length` tokens looks at.
  bool window_reaches(SequenceId sequence, uint32_t length) const;

  // For the test that shows why the check is there: copies and cuts are then believed.
  void trust_copies_for_test() { verify_ = false; }

 private:
  bool restore_window(SequenceId sequence, const Checkpoint& checkpoint);

  llama_context* context_;
  Memory memory_;
  bool verify_ = true;
};

}  // namespace anyclaude
