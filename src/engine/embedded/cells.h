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
#include <optional>
#include <vector>

#include "engine/embedded/memory_kind.h"
#include "engine/embedded/state_blob.h"
#include "kv/block.h"

struct llama_context;

namespace anyclaude {

using SequenceId = int32_t;  // llama_seq_id

// The window layers' state after the first `position` tokens of a sequence. It holds one token more
// than the next one looks at, so it serves after `position - 1` tokens too: an identical prompt
// needs its last token again.
struct Checkpoint {
  uint32_t position = 0;
  bool periodic = false;  // taken on the way, not at a save point; goes first when room is short
  Bytes bytes;

  // The longest prefix of `length` tokens or less that can be continued from with it.
  uint32_t serves(uint32_t length) const {
    return position <= length + 1 ? std::min(position, length) : 0;
  }
};

// Not thread-safe: belongs to the engine's thread. The context must outlive it, and have one
// sequence more than is used.
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

  // Gives back what no window layer looks at any more behind `length` tokens, but for one token:
  // a repeated prompt begins one earlier.
  void drop_before_window(SequenceId sequence, uint32_t length);

  // The window of a sequence of `length` tokens; nothing where the memory has none, or on failure.
  std::optional<Checkpoint> take_checkpoint(SequenceId sequence, uint32_t length);

  // ---- Out of the cells and back, for the cache (kv/block.h) ----

  // False where state cannot be moved: models whose memory is of a kind that is not known, or whose
  // states this program cannot read.
  bool movable() const { return range_shape_.has_value(); }

  // The state of the tokens [begin, end) in the layers that keep every token, in the form in which
  // it goes back. Null on failure.
  Bytes extract_range(SequenceId sequence, uint32_t begin, uint32_t end);

  // Puts the tokens [from, to) of such bytes, which must hold [begin, end), behind the `from`
  // tokens of a sequence. The bytes are read completely before the engine sees them. A failure
  // leaves the sequence as it was.
  enum class Restored { done, no_room, wrong };
  Restored restore_range(SequenceId sequence, uint32_t begin, uint32_t end,
                         const std::vector<uint8_t>& bytes, uint32_t from, uint32_t to);

  // The window of a sequence of `length` tokens whose ranges are there already.
  Restored restore_point(SequenceId sequence, uint32_t length, const std::vector<uint8_t>& bytes);

  // True when the next token after `length` tokens would see all that it must.
  bool complete(SequenceId sequence, uint32_t length) const;

  // True when the window layers still hold what the next token after `length` tokens looks at.
  bool window_reaches(SequenceId sequence, uint32_t length) const;

  // For the test that shows why the check is there: copies and cuts are then believed.
  void trust_copies_for_test() { verify_ = false; }

 private:
  void learn_shapes();
  Bytes take_scratch_range();
  bool restore_window(SequenceId sequence, const std::vector<uint8_t>& bytes);

  llama_context* context_;
  Memory memory_;
  SequenceId scratch_;                      // the context's last sequence; empty but for moments
  std::optional<StateShape> range_shape_;   // null: see movable()
  std::optional<StateShape> window_shape_;  // only with MemoryKind::window
  bool verify_ = true;
};

}  // namespace anyclaude
