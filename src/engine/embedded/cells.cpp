#include "engine/embedded/cells.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/embedded/batch.h"
#include "engine/embedded/engine_internals.h"
#include "llama.h"

namespace anyclaude {
namespace {

// Magic and sequence id, in front of every state (llama_context::state_seq_get_data).
constexpr size_t state_head_bytes = 8;
// One stream of no cells (llama_kv_cache::state_write): what stands for the windows behind the
// state of the other layers, which libllama takes only together.
constexpr std::array<uint8_t, 8> empty_windows = {1, 0, 0, 0, 0, 0, 0, 0};

}  // namespace

Cells::Cells(llama_context* context, Memory memory)
    : context_(context),
      memory_(memory),
      scratch_(static_cast<SequenceId>(llama_n_seq_max(context)) - 1) {
  llama_memory_clear(llama_get_memory(context), true);  // of whoever used the context before
  if (memory_.kind != MemoryKind::whole) learn_shapes();
}

// From the state of one token, computed for it.
void Cells::learn_shapes() {
  Batch batch(1);
  batch.add(0, 0, scratch_, false);
  if (batch.decode(context_) != Decoded::done) return;
  const auto window = take_checkpoint(scratch_, 1);
  const bool windowed = memory_.kind == MemoryKind::window;
  if (window) window_shape_ = learn_shape(*window->bytes);
  const Bytes range = take_scratch_range();
  if (range && windowed == window_shape_.has_value()) range_shape_ = learn_shape(*range);
  clear(scratch_);
}

void Cells::clear(SequenceId sequence) {
  llama_memory_seq_rm(llama_get_memory(context_), sequence, -1, -1);
}

bool Cells::complete(SequenceId sequence, uint32_t length) const {
  if (length == 0 || !verify_) return true;
  const llama_pos last = llama_memory_seq_pos_max(llama_get_memory(context_), sequence);
  return last + 1 == static_cast<llama_pos>(length) && window_reaches(sequence, length);
}

bool Cells::truncate(SequenceId sequence, uint32_t length) {
  llama_memory_t memory = llama_get_memory(context_);
  const auto end = static_cast<llama_pos>(length);
  if (llama_memory_seq_pos_max(memory, sequence) >= end &&
      (length == 0 || memory_.kind == MemoryKind::whole ||
       !llama_memory_seq_rm(memory, sequence, end, -1))) {
    clear(sequence);
    return length == 0;
  }
  if (complete(sequence, length)) return true;
  clear(sequence);
  return false;
}

bool Cells::copy(SequenceId source, SequenceId target, uint32_t length,
                 const Checkpoint* checkpoint) {
  llama_memory_t memory = llama_get_memory(context_);
  if (memory_.kind == MemoryKind::whole) {
    // Recurrent state can only be copied as it stands; a range would be refused, or abort.
    if (llama_memory_seq_pos_max(memory, source) + 1 != static_cast<llama_pos>(length))
      return false;
    llama_memory_seq_cp(memory, source, target, -1, -1);
    return truncate(target, length);
  }
  llama_memory_seq_cp(memory, source, target, 0, static_cast<llama_pos>(length));
  if (memory_.kind == MemoryKind::dense || !verify_) return truncate(target, length);
  // Window cells must never belong to two sequences: libllama would not give them back (find_slot).
  // So the copy gets a window of its own: the checkpoint's, or its own once more.
  std::optional<Checkpoint> own;
  if (!checkpoint) {
    own = take_checkpoint(target, length);
    checkpoint = own ? &*own : nullptr;
  }
  if (checkpoint && restore_window(target, *checkpoint->bytes)) return truncate(target, length);
  clear(target);
  return false;
}

bool Cells::restore_window(SequenceId sequence, const std::vector<uint8_t>& bytes) {
  return llama_state_seq_set_data_ext(context_, bytes.data(), bytes.size(), sequence,
                                      LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY) != 0;
}

bool Cells::rewind(SequenceId sequence, const Checkpoint& checkpoint, uint32_t length) {
  const auto end = static_cast<llama_pos>(length);
  if (llama_memory_seq_rm(llama_get_memory(context_), sequence, end, -1) &&
      restore_window(sequence, *checkpoint.bytes)) {
    return truncate(sequence, length);
  }
  clear(sequence);
  return false;
}

bool Cells::window_reaches(SequenceId sequence, uint32_t length) const {
  if (memory_.kind != MemoryKind::window || !verify_) return true;
  const llama_pos first = llama_memory_seq_pos_min(llama_get_memory(context_), sequence);
  const uint32_t needed = std::min(memory_.needed_from(length), length > 0 ? length - 1 : 0);
  return first >= 0 && first <= static_cast<llama_pos>(needed);
}

void Cells::drop_before_window(SequenceId sequence, uint32_t length) {
  if (memory_.kind != MemoryKind::window) return;
  const uint32_t needed = memory_.needed_from(length > 0 ? length - 1 : 0);
  if (needed > 0) forget_window_before(context_, sequence, needed);
}

std::optional<Checkpoint> Cells::take_checkpoint(SequenceId sequence, uint32_t length) {
  if (memory_.kind != MemoryKind::window || !complete(sequence, length)) return std::nullopt;
  const size_t size =
      llama_state_seq_get_size_ext(context_, sequence, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  auto bytes = std::make_shared<std::vector<uint8_t>>(size);
  const size_t written = llama_state_seq_get_data_ext(context_, bytes->data(), size, sequence,
                                                      LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  if (written == 0 || written != size) return std::nullopt;
  return Checkpoint{length, false, std::move(bytes)};
}

Bytes Cells::extract_range(SequenceId sequence, uint32_t begin, uint32_t end) {
  llama_memory_seq_cp(llama_get_memory(context_), sequence, scratch_, static_cast<llama_pos>(begin),
                      static_cast<llama_pos>(end));
  Bytes range = take_scratch_range();
  clear(scratch_);
  return range;
}

Bytes Cells::take_scratch_range() {
  const size_t size = llama_state_seq_get_size(context_, scratch_);
  auto bytes = std::make_shared<std::vector<uint8_t>>(size);
  const size_t written = llama_state_seq_get_data(context_, bytes->data(), size, scratch_);
  if (written == 0 || written != size) return nullptr;
  if (memory_.kind == MemoryKind::window) {
    // What the window layers still have of these tokens stands at the end.
    const size_t windows =
        llama_state_seq_get_size_ext(context_, scratch_, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY) -
        state_head_bytes;
    if (windows < empty_windows.size() || windows >= size) return nullptr;
    bytes->resize(size - windows + empty_windows.size());
    std::copy(empty_windows.begin(), empty_windows.end(),
              bytes->end() - static_cast<std::ptrdiff_t>(empty_windows.size()));
  }
  return bytes;
}

Cells::Restored Cells::restore_range(SequenceId sequence, uint32_t begin, uint32_t end,
                                     const std::vector<uint8_t>& bytes, uint32_t from,
                                     uint32_t to) {
  const auto positions = movable() ? positions_in(bytes, *range_shape_) : std::nullopt;
  if (!positions || positions->size() != end - begin || positions->front() != begin ||
      positions->back() + 1 != end) {
    return Restored::wrong;
  }
  const bool there =
      llama_state_seq_set_data(context_, bytes.data(), bytes.size(), scratch_) == bytes.size();
  if (there) {
    llama_memory_seq_cp(llama_get_memory(context_), scratch_, sequence,
                        static_cast<llama_pos>(from), static_cast<llama_pos>(to));
  }
  clear(scratch_);
  return there ? Restored::done : Restored::no_room;
}

Cells::Restored Cells::restore_point(SequenceId sequence, uint32_t length,
                                     const std::vector<uint8_t>& bytes) {
  const auto positions = window_shape_ ? positions_in(bytes, *window_shape_) : std::nullopt;
  if (!positions || positions->back() + 1 != length ||
      positions->size() != length - positions->front() ||
      positions->front() > memory_.needed_from(length)) {
    return Restored::wrong;
  }
  if (!restore_window(sequence, bytes)) return Restored::no_room;
  return complete(sequence, length) ? Restored::done : Restored::wrong;
}

}  // namespace anyclaude
