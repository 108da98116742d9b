#include "engine/embedded/keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anyclaude {
namespace {

// So much is put back at once: more would be away from the engine's other work for long.
constexpr size_t restored_bytes_max = 128u << 20;

KeepClass keep_class(Priority priority) {
  switch (priority) {
    case Priority::main:
      return KeepClass::main;
    case Priority::agent:
    case Priority::idle:
      return KeepClass::agent;
    case Priority::background:
      return KeepClass::background;
  }
  return KeepClass::main;
}

KvCache::Origin origin_of(const Sequence& sequence) {
  return {keep_class(sequence.priority), sequence.note};
}

}  // namespace

Keeper::Keeper(Cells& cells, Sequences& sequences, KvCache* cache, Metrics& metrics)
    : cells_(cells),
      sequences_(sequences),
      cache_(cache),
      restored_tokens_(metrics.counter("anyclaude_engine_restored_tokens_total",
                                       "Prompt tokens that came back from RAM or disk.")),
      failures_(metrics.counter("anyclaude_engine_restores_failed_total",
                                "Prefixes that were found and then lost, or wrong.")) {}

// ---- Out of the cells ---------------------------------------------------------------------------

bool Keeper::store_next(Sequence& sequence) {
  const auto size = static_cast<uint32_t>(sequence.tokens.size());
  if (!cache_ || !cells_.movable() || sequence.kept == size) return false;
  if (sequence.busy && sequence.kept / block_tokens == size / block_tokens) return false;
  const KvCache::Found found = cache_->find(sequence.fingerprint, sequence.tokens, false);
  if (found.ranges_end < size && store_range(sequence, found.ranges_end)) return true;
  if (store_point(sequence, found.points)) return true;
  sequence.kept = size;
  return false;
}

bool Keeper::store_range(Sequence& sequence, uint32_t begin) {
  const auto size = static_cast<uint32_t>(sequence.tokens.size());
  const uint32_t end = std::min(size, (begin / block_tokens + 1) * block_tokens);
  if (sequence.busy && end % block_tokens != 0) return false;
  auto bytes = cells_.extract_range(sequence.id, begin, end);
  return bytes && cache_->store_range(sequence.fingerprint, std::span(sequence.tokens).first(end),
                                      begin, std::move(bytes), origin_of(sequence));
}

bool Keeper::store_point(Sequence& sequence, const std::vector<uint32_t>& stored) {
  for (const Checkpoint& point : sequence.checkpoints) {
    if (point.periodic || std::binary_search(stored.begin(), stored.end(), point.position)) {
      continue;
    }
    if (cache_->store_point(sequence.fingerprint, std::span(sequence.tokens).first(point.position),
                            point.bytes, origin_of(sequence))) {
      return true;
    }
  }
  return false;
}

bool Keeper::store_some() {
  for (const bool busy : {false, true}) {
    for (Sequence& sequence : sequences_.all()) {
      if (sequence.busy == busy && !sequence.tokens.empty() && store_next(sequence)) return true;
    }
  }
  return false;
}

bool Keeper::in_ram(const Sequence& sequence) const {
  const auto size = static_cast<uint32_t>(sequence.tokens.size());
  if (!cache_ || !cells_.movable()) return false;
  const KvCache::Found found = cache_->find(sequence.fingerprint, sequence.tokens, false);
  if (found.ranges_end_in_ram < size) return false;
  return !cells_.memory().needs_points() ||
         std::binary_search(found.points.begin(), found.points.end(), size);
}

// ---- Back ---------------------------------------------------------------------------------------

Keeper::Offer Keeper::offer(const Fingerprint& fingerprint, std::span<const Token> tokens) const {
  Offer offer;
  if (!cache_ || !cells_.movable() || tokens.size() < 2) return offer;
  KvCache::Found found = cache_->find(fingerprint, tokens.first(tokens.size() - 1), true);
  offer.prefix = std::move(found.prefix);
  if (!cells_.memory().needs_points()) {
    offer.length = found.ranges_end;
  } else if (!found.points.empty()) {
    offer.length = offer.point = found.points.back();
  }
  return offer;
}

std::unique_ptr<Restore> Keeper::begin(const Offer& offer, const Sequence& sequence,
                                       std::function<void()> arrived) {
  auto restore = std::make_unique<Restore>();
  restore->from = static_cast<uint32_t>(sequence.tokens.size());
  restore->length = offer.length;
  restore->load =
      cache_->load(offer.prefix, restore->from, offer.length, offer.point, std::move(arrived));
  return restore;
}

Keeper::Progress Keeper::restore(Restore& restore, Sequence& sequence,
                                 std::span<const Token> tokens) {
  bool wrong = false;
  while (!wrong) {
    const bool more = take(restore, sequence, tokens);
    if (restore.ranges.empty() && !restore.point && more) break;
    const auto restored = put_back(restore, sequence, tokens);
    if (restored == Cells::Restored::no_room) return Progress::out_of_cells;
    wrong = restored == Cells::Restored::wrong || !more;
  }
  const bool failed = wrong || restore.load->failed();
  if (!failed && !restore.load->done()) return Progress::waiting;
  if (failed) failures_.add();
  finish(restore, sequence);
  return Progress::done;
}

// Takes what has arrived, up to a point or to as many bytes as should be put back at once. False:
// what comes next is wrong.
bool Keeper::take(Restore& restore, const Sequence& sequence, std::span<const Token> tokens) {
  size_t bytes = 0;
  for (const Cells::Range& range : restore.ranges) bytes += range.bytes->size();
  while (!restore.point && bytes < restored_bytes_max) {
    auto piece = restore.load->next();
    if (!piece) break;
    const PieceHead& head = *piece->head;
    if (head.kind == PieceKind::point) {
      restore.point = std::move(piece);
      break;
    }
    // Where another conversation goes on from the middle of a range, only what both say is meant.
    const auto from = restore.ranges.empty() ? static_cast<uint32_t>(sequence.tokens.size())
                                             : restore.ranges.back().to;
    const uint32_t to = std::min(
        restore.length, head.begin + common_prefix(head.tokens, tokens.subspan(head.begin)));
    const Cells::Range range{head.begin, head.end, piece->payload, from, to};
    if (!cells_.fits_range(range)) return false;
    bytes += piece->payload->size();
    restore.ranges.push_back(range);
  }
  return true;
}

Cells::Restored Keeper::put_back(Restore& restore, Sequence& sequence,
                                 std::span<const Token> tokens) {
  if (!restore.ranges.empty()) {
    const auto restored = cells_.restore_ranges(sequence.id, restore.ranges);
    if (restored != Cells::Restored::done) return restored;
    const auto end = static_cast<std::ptrdiff_t>(restore.ranges.back().to);
    sequence.tokens.assign(tokens.begin(), tokens.begin() + end);
    restore.ranges.clear();
  }
  return restore.point ? put_back_point(restore, sequence) : Cells::Restored::done;
}

Cells::Restored Keeper::put_back_point(Restore& restore, Sequence& sequence) {
  const uint32_t end = restore.point->head->end;
  const Bytes bytes = restore.point->payload;
  const auto restored = cells_.restore_point(sequence.id, end, *bytes);
  if (restored == Cells::Restored::no_room) return restored;
  restore.point.reset();
  if (restored == Cells::Restored::done) {
    sequences_.add_checkpoint(sequence, cells_.checkpoint_at(end, bytes));
  }
  return restored;
}

void Keeper::finish(const Restore& restore, Sequence& sequence) {
  const auto size = static_cast<uint32_t>(sequence.tokens.size());
  // What can be cut can be continued from wherever it ends; else only where the point is.
  const bool ends_well = size == restore.length || !cells_.memory().needs_points();
  if (!ends_well || !cells_.complete(sequence.id, size)) return sequences_.clear(sequence);
  restored_tokens_.add(size - restore.from);
}

}  // namespace anyclaude
