#include "engine/embedded/cells.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "engine/embedded/batch.h"
#include "engine/embedded/engine_internals.h"
#include "llama.h"

namespace anyclaude {
namespace {

constexpr uint32_t probe_tokens = 6;

Token probe_token(llama_context* context, uint32_t position) {
  const auto* vocabulary = llama_model_get_vocab(llama_get_model(context));
  return static_cast<Token>(position) % llama_vocab_n_tokens(vocabulary);
}

// What follows the first `position` probe tokens in sequence 0, and one more. Empty on failure.
std::vector<float> probe_logits(llama_context* context, uint32_t position) {
  Batch batch(1);
  batch.add(probe_token(context, position), position, 0, true);
  if (batch.decode(context) != Decoded::done) return {};
  const float* logits = llama_get_logits_ith(context, -1);
  const auto count = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context)));
  return logits ? std::vector<float>(logits, logits + count) : std::vector<float>();
}

// Equal, but for what another order of the same sums may make.
bool nearly_equal(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.empty() || a.size() != b.size()) return false;
  const auto [low, high] = std::minmax_element(a.begin(), a.end());
  const float tolerance = (*high - *low) / 1000;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) <= tolerance)) return false;  // so NaN is not
  }
  return true;
}

}  // namespace

Cells::Cells(llama_context* context, Memory memory)
    : context_(context),
      memory_(memory),
      scratch_(static_cast<SequenceId>(llama_n_seq_max(context)) - 1) {
  llama_memory_clear(llama_get_memory(context), true);  // of whoever used the context before
  movable_ = learn_shapes() && probe();
  llama_memory_clear(llama_get_memory(context), false);
  if (movable_) return;
  spdlog::warn(
      "The state of this model ({}) cannot be taken out of the cells and put back: its "
      "conversations are kept in the cells only.",
      describe(memory_));
}

// From the state of one token, computed for it.
bool Cells::learn_shapes() {
  // Behind a range stands, without cells, what a point holds.
  Bytes empty;
  if (memory_.has_ranges() && memory_.needs_points()) {
    empty = take_state(scratch_, state_flags());
    if (!empty || empty->size() <= state_head_bytes) return false;
  }
  Batch batch(1);
  batch.add(probe_token(context_, 0), 0, scratch_, false);
  if (batch.decode(context_) != Decoded::done) return false;
  const Bytes point = memory_.needs_points() ? take_state(scratch_, state_flags()) : nullptr;
  const Bytes range = memory_.has_ranges() ? take_scratch_range() : nullptr;
  clear(scratch_);
  if (point) point_shape_ = learn_shape(*point);
  const auto tail =
      empty ? std::span(*empty).subspan(state_head_bytes) : std::span<const uint8_t>();
  if (range) range_shape_ = learn_shape(*range, tail);
  return memory_.needs_points() == point_shape_.has_value() &&
         memory_.has_ranges() == range_shape_.has_value();
}

// Some tokens go out and come back; the next one must see what it saw before.
bool Cells::probe() {
  const uint32_t length = std::min(probe_tokens, llama_n_batch(context_));
  Batch batch(length);
  for (uint32_t i = 0; i < length; ++i) batch.add(probe_token(context_, i), i, 0, false);
  if (batch.decode(context_) != Decoded::done) return false;
  const Bytes range = extract_range(0, 0, length);
  const auto point = take_checkpoint(0, length);
  if (!range || point.has_value() != memory_.needs_points()) return false;
  const auto before = probe_logits(context_, length);
  llama_memory_clear(llama_get_memory(context_), false);
  const Range all{0, length, range, 0, length};
  if (!fits_range(all) || restore_ranges(0, {&all, 1}) != Restored::done) return false;
  if (point && restore_point(0, length, *point->bytes) != Restored::done) return false;
  return complete(0, length) && nearly_equal(before, probe_logits(context_, length));
}

void Cells::clear(SequenceId sequence) {
  llama_memory_seq_rm(llama_get_memory(context_), sequence, -1, -1);
}

bool Cells::complete(SequenceId sequence, uint32_t length) const {
  if (length == 0 || !verify_) return true;
  const llama_pos last = llama_memory_seq_pos_max(llama_get_memory(context_), sequence);
  return last + 1 == static_cast<llama_pos>(length) && reaches(sequence, length);
}

bool Cells::reaches(SequenceId sequence, uint32_t length) const {
  if (memory_.kind == MemoryKind::dense || !verify_) return true;
  const auto end = static_cast<llama_pos>(length);
  const llama_pos first = llama_memory_seq_pos_min(llama_get_memory(context_), sequence);
  const llama_pos last = llama_memory_seq_pos_max(llama_get_memory(context_), sequence);
  if (memory_.kind == MemoryKind::whole) return last + 1 == end;
  if (memory_.kind == MemoryKind::window) {
    const uint32_t needed = std::min(memory_.needed_from(length), length > 0 ? length - 1 : 0);
    return first >= 0 && first <= static_cast<llama_pos>(needed);
  }
  // A recurrent state has one position; libllama gives the later first and the earlier last of both
  // parts of a hybrid.
  return first + 1 == end && last + 1 == end;
}

bool Cells::truncate(SequenceId sequence, uint32_t length) {
  if (length > 0 && memory_.can_cut()) {
    llama_memory_seq_rm(llama_get_memory(context_), sequence, static_cast<llama_pos>(length), -1);
  }
  if (length > 0 && complete(sequence, length)) return true;
  clear(sequence);
  return length == 0;
}

bool Cells::copy(SequenceId source, SequenceId target, uint32_t length,
                 const Checkpoint* checkpoint) {
  const bool whole = memory_.kind == MemoryKind::whole;
  if (!whole) {
    llama_memory_seq_cp(llama_get_memory(context_), source, target, 0,
                        static_cast<llama_pos>(length));
  }
  if (memory_.kind == MemoryKind::dense || !verify_) return truncate(target, length);
  // Window cells must never belong to two sequences: libllama would not give them back (find_slot).
  // So the copy gets a state of its own: the checkpoint's, or the same once more.
  std::optional<Checkpoint> own;
  if (!checkpoint) {
    own = take_checkpoint(whole ? source : target, length);
    checkpoint = own ? &*own : nullptr;
  }
  if (checkpoint && put_state(target, *checkpoint->bytes)) return truncate(target, length);
  clear(target);
  return false;
}

bool Cells::rewind(SequenceId sequence, const Checkpoint& checkpoint, uint32_t length) {
  // The state first: what stands behind it can be cut off only then.
  if (put_state(sequence, *checkpoint.bytes)) {
    if (memory_.kind != MemoryKind::whole) {
      llama_memory_seq_rm(llama_get_memory(context_), sequence, static_cast<llama_pos>(length), -1);
    }
    if (complete(sequence, length)) return true;
  }
  clear(sequence);
  return false;
}

void Cells::drop_before_window(SequenceId sequence, uint32_t length) {
  const bool droppable = memory_.kind == MemoryKind::window || memory_.kind == MemoryKind::hybrid;
  if (!droppable || memory_.window_tokens == 0) return;
  const uint32_t needed = memory_.needed_from(length > 0 ? length - 1 : 0);
  if (needed > 0) forget_window_before(context_, sequence, needed);
}

Cells::Usage Cells::usage() const { return cell_usage(context_); }

bool Cells::have_room(uint32_t tokens) const {
  if (!memory_.has_ranges()) return true;
  const Usage now = usage();
  return tokens <= now.size - now.used;
}

uint32_t Cells::end_of(SequenceId sequence) const { return cells_end_of(context_, sequence); }

// ---- State --------------------------------------------------------------------------------------

uint32_t Cells::state_flags() const {
  return memory_.kind == MemoryKind::whole ? 0 : LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY;
}

Bytes Cells::take_state(SequenceId sequence, uint32_t flags) const {
  const size_t size = llama_state_seq_get_size_ext(context_, sequence, flags);
  auto bytes = std::make_shared<std::vector<uint8_t>>(size);
  const size_t written =
      llama_state_seq_get_data_ext(context_, bytes->data(), size, sequence, flags);
  if (written == 0 || written != size) return nullptr;
  return bytes;
}

bool Cells::put_state(SequenceId sequence, const std::vector<uint8_t>& bytes) {
  return llama_state_seq_set_data_ext(context_, bytes.data(), bytes.size(), sequence,
                                      state_flags()) != 0;
}

std::optional<Checkpoint> Cells::take_checkpoint(SequenceId sequence, uint32_t length) {
  if (!memory_.needs_points() || length == 0 || !complete(sequence, length)) return std::nullopt;
  Bytes bytes = take_state(sequence, state_flags());
  if (!bytes) return std::nullopt;
  return checkpoint_at(length, std::move(bytes));
}

Checkpoint Cells::checkpoint_at(uint32_t position, Bytes bytes) const {
  const uint32_t least = memory_.kind == MemoryKind::window ? position - 1 : position;
  return {position, least, false, std::move(bytes)};
}

Bytes Cells::extract_range(SequenceId sequence, uint32_t begin, uint32_t end) {
  if (!memory_.has_ranges()) return std::make_shared<std::vector<uint8_t>>();
  llama_memory_seq_cp(llama_get_memory(context_), sequence, scratch_, static_cast<llama_pos>(begin),
                      static_cast<llama_pos>(end));
  Bytes range = take_scratch_range();
  clear(scratch_);
  return range;
}

Bytes Cells::take_scratch_range() {
  forget_points(context_, scratch_);
  return take_state(scratch_, 0);
}

bool Cells::fits_range(const Range& range) const {
  if (range.from < range.begin || range.from >= range.to || range.to > range.end) return false;
  if (!memory_.has_ranges()) return range.bytes->empty();
  const auto sections = range_shape_ ? positions_in(*range.bytes, *range_shape_) : std::nullopt;
  return sections && std::ranges::all_of(*sections, [&](const std::vector<uint32_t>& positions) {
           return positions.size() == range.end - range.begin && positions.front() == range.begin &&
                  positions.back() + 1 == range.end;
         });
}

Cells::Restored Cells::restore_ranges(SequenceId sequence, std::span<const Range> ranges) {
  if (!memory_.has_ranges() || ranges.empty()) return Restored::done;
  if (!have_room(ranges.back().to - ranges.front().from)) return Restored::no_room;
  const bool there = can_join(*range_shape_)
                         ? put_joined(sequence, ranges)
                         : std::ranges::all_of(ranges, [&](const Range& range) {
                             return put_range(sequence, *range.bytes, range.from, range.to);
                           });
  clear(scratch_);
  if (there) return Restored::done;
  llama_memory_seq_rm(llama_get_memory(context_), sequence,
                      static_cast<llama_pos>(ranges.front().from), -1);
  return Restored::no_room;
}

bool Cells::put_joined(SequenceId sequence, std::span<const Range> ranges) {
  std::vector<StatePart> parts;
  for (const Range& range : ranges) parts.push_back({*range.bytes, range.from, range.to});
  const JoinedSection joined = join_states(*range_shape_, parts);
  const uint32_t from = ranges.front().from;
  // Cells are put into a sequence that has none; straight into the right one is the shorter way.
  if (from == 0) return put_cells(context_, sequence, joined, CellsOf::tokens);
  if (!put_cells(context_, scratch_, joined, CellsOf::tokens)) return false;
  llama_memory_seq_cp(llama_get_memory(context_), scratch_, sequence, static_cast<llama_pos>(from),
                      static_cast<llama_pos>(ranges.back().to));
  return true;
}

// Of bytes that fit. They stay in the scratch sequence too, until the next ones or clear().
bool Cells::put_range(SequenceId sequence, const std::vector<uint8_t>& bytes, uint32_t from,
                      uint32_t to) {
  if (llama_state_seq_set_data(context_, bytes.data(), bytes.size(), scratch_) != bytes.size()) {
    return false;
  }
  llama_memory_seq_cp(llama_get_memory(context_), scratch_, sequence, static_cast<llama_pos>(from),
                      static_cast<llama_pos>(to));
  return true;
}

Cells::Restored Cells::restore_point(SequenceId sequence, uint32_t length,
                                     const std::vector<uint8_t>& bytes) {
  if (!fits_point(length, bytes)) return Restored::wrong;
  if (!put_point(sequence, length, bytes)) return Restored::no_room;
  return complete(sequence, length) ? Restored::done : Restored::wrong;
}

// Of bytes that fit. Windows alone are rows of tokens, and go the way that ranges go.
bool Cells::put_point(SequenceId sequence, uint32_t length, const std::vector<uint8_t>& bytes) {
  if (memory_.kind != MemoryKind::window || !can_join(*point_shape_)) {
    return put_state(sequence, bytes);
  }
  const StatePart all{bytes, 0, length};
  return put_cells(context_, sequence, join_states(*point_shape_, {&all, 1}), CellsOf::windows);
}

bool Cells::fits_point(uint32_t length, const std::vector<uint8_t>& bytes) const {
  const auto sections = point_shape_ ? positions_in(bytes, *point_shape_) : std::nullopt;
  if (!sections) return false;
  for (size_t i = 0; i < sections->size(); ++i) {
    const std::vector<uint32_t>& positions = (*sections)[i];
    if (positions.back() + 1 != length) return false;
    if (point_shape_->sections[i].recurrent) continue;
    if (positions.size() != length - positions.front() ||
        positions.front() > memory_.needed_from(length)) {
      return false;
    }
  }
  return true;
}

}  // namespace anyclaude
