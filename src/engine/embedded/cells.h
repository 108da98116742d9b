// The sequences in a context's cells: cutting, copying, and the state that cannot be cut.
// Everything here knows what libllama does not check.
//
// On models with a window, copying a prefix copies only what is left of its window, which is
// nothing when the prefix ends far before the source does; libllama then decodes without complaint
// and answers wrongly. A recurrent state is that of the source's end, wherever the prefix ends. So
// a prefix is usable only where this state is: at the source's end, or at a checkpoint. After every
// copy the positions are compared with what the model will look at.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/embedded/memory_kind.h"
#include "engine/embedded/state_blob.h"
#include "kv/block.h"

struct llama_context;

namespace anyclaude {

using SequenceId = int32_t;  // llama_seq_id

// What cannot be cut of a sequence's state, as it was after its first `position` tokens: windows, a
// recurrent state, or (MemoryKind::whole) everything.
struct Checkpoint {
  uint32_t position = 0;
  // The shortest prefix that can be continued from with it. A window holds one token more than the
  // next one looks at: an identical prompt needs its last token again.
  uint32_t least = 0;
  bool periodic = false;  // taken on the way, not at a save point; goes first when room is short
  Bytes bytes;

  // The longest prefix of `length` tokens or less that can be continued from with it; 0: none.
  uint32_t serves(uint32_t length) const {
    return least <= length ? std::min(position, length) : 0;
  }
};

// Not thread-safe: belongs to the engine's thread. The context must outlive it, and have one
// sequence more than is used.
class Cells {
 public:
  Cells(llama_context* context, Memory memory);

  const Memory& memory() const { return memory_; }

  void clear(SequenceId sequence);

  // Keeps the first `length` tokens of a sequence. False: they cannot be continued from without a
  // checkpoint; the sequence is then empty.
  bool truncate(SequenceId sequence, uint32_t length);

  // Makes `target` (empty) the first `length` tokens of `source`, which stays as it is. A
  // `checkpoint` that serves there gives what cannot be cut; without one the source must still
  // have it. False: the target is empty.
  bool copy(SequenceId source, SequenceId target, uint32_t length,
            const Checkpoint* checkpoint = nullptr);

  // Cuts a sequence to `length` tokens and puts a checkpoint back that serves there.
  bool rewind(SequenceId sequence, const Checkpoint& checkpoint, uint32_t length);

  // Gives back what no window layer looks at any more behind `length` tokens, but for one token:
  // a repeated prompt begins one earlier.
  void drop_before_window(SequenceId sequence, uint32_t length);

  // Of a sequence of `length` tokens; nothing where all of the memory can be cut, or on failure.
  std::optional<Checkpoint> take_checkpoint(SequenceId sequence, uint32_t length);
  // One whose bytes are known.
  Checkpoint checkpoint_at(uint32_t position, Bytes bytes) const;

  // ---- Out of the cells and back, for the cache (kv/block.h) ----

  // False where state cannot be moved: this program cannot read it, or what came back at the start
  // did not compute the same.
  bool movable() const { return movable_; }

  // The state of the tokens [begin, end) in the layers that keep every token, in the form in which
  // it goes back; no bytes where no layer does. Null on failure.
  Bytes extract_range(SequenceId sequence, uint32_t begin, uint32_t end);

  // Of such bytes, which must hold the tokens [begin, end), those of [from, to).
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
    Bytes bytes;
    uint32_t from = 0;
    uint32_t to = 0;
  };
  // True where the bytes are those of these tokens. They are read completely.
  bool fits_range(const Range& range) const;

  // Puts ranges that fit, each `from` the end of the one before, behind the `from` tokens of a
  // sequence; many at once, because each time takes as long as there are cells. A failure leaves
  // the sequence as it was.
  enum class Restored { done, no_room, wrong };
  Restored restore_ranges(SequenceId sequence, std::span<const Range> ranges);

  // What cannot be cut, of a sequence of `length` tokens whose ranges are there already.
  Restored restore_point(SequenceId sequence, uint32_t length, const std::vector<uint8_t>& bytes);

  // True when the next token after `length` tokens would see all that it must.
  bool complete(SequenceId sequence, uint32_t length) const;

  // True when the live sequence can be cut to `length` tokens and continued without a checkpoint.
  bool reaches(SequenceId sequence, uint32_t length) const;

  // Of the layers that keep every token: cells in use, one behind the highest of them, and all.
  struct Usage {
    uint32_t used = 0;
    uint32_t end = 0;
    uint32_t size = 0;
  };
  Usage usage() const;
  // For so many tokens more; always, where tokens take no cells of their own.
  bool have_room(uint32_t tokens) const;
  uint32_t end_of(SequenceId sequence) const;  // one behind the highest that a sequence uses

  // For the test that shows why the check is there: copies and cuts are then believed.
  void trust_copies_for_test() { verify_ = false; }

 private:
  bool learn_shapes();
  bool probe();
  uint32_t state_flags() const;
  Bytes take_state(SequenceId sequence, uint32_t flags) const;
  Bytes take_scratch_range();
  bool put_point(SequenceId sequence, uint32_t length, const std::vector<uint8_t>& bytes);
  bool put_joined(SequenceId sequence, std::span<const Range> ranges);
  bool put_range(SequenceId sequence, const std::vector<uint8_t>& bytes, uint32_t from,
                 uint32_t to);
  bool put_state(SequenceId sequence, const std::vector<uint8_t>& bytes);
  bool fits_point(uint32_t length, const std::vector<uint8_t>& bytes) const;

  llama_context* context_;
  Memory memory_;
  SequenceId scratch_;                     // the context's last sequence; empty but for moments
  std::optional<StateShape> range_shape_;  // only with Memory::has_ranges
  std::optional<StateShape> point_shape_;  // only with Memory::needs_points
  bool movable_ = false;
  bool verify_ = true;
};

}  // namespace anyclaude
