#include "engine/embedded/cells.h"

#include <algorithm>
#include <utility>

#include "llama.h"

namespace anyclaude {

Cells::Cells(llama_context* context, Memory memory) : context_(context), memory_(memory) {}

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
  if (checkpoint && restore_window(target, *checkpoint)) return truncate(target, length);
  clear(target);
  return false;
}

bool Cells::restore_window(SequenceId sequence, const Checkpoint& checkpoint) {
  return llama_state_seq_set_data_ext(context_, checkpoint.bytes->data(), checkpoint.bytes->size(),
                                      sequence, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY) != 0;
}

bool Cells::rewind(SequenceId sequence, const Checkpoint& checkpoint, uint32_t length) {
  const auto end = static_cast<llama_pos>(length);
  if (llama_memory_seq_rm(llama_get_memory(context_), sequence, end, -1) &&
      restore_window(sequence, checkpoint)) {
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

}  // namespace anyclaude
