#include "engine/embedded/keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anyclaude {
namespace {

KeepClass keep_class(Priority priority) {
  switch (priority) {
    case Priority::main:
      return KeepClass::main;
    case Priority::agent:
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
  while (true) {
    if (!restore.piece) restore.piece = restore.load->next();
    if (!restore.piece) break;
    const auto restored = put_back(*restore.piece, restore.length, sequence, tokens);
    if (restored == Cells::Restored::no_room) return Progress::out_of_cells;
    if (restored == Cells::Restored::wrong) break;
    restore.piece.reset();
  }
  const bool failed = restore.piece || restore.load->failed();
  if (!failed && !restore.load->done()) return Progress::waiting;
  if (failed) failures_.add();
  finish(restore, sequence);
  return Progress::done;
}

Cells::Restored Keeper::put_back(const PrefixLoad::Piece& piece, uint32_t length,
                                 Sequence& sequence, std::span<const Token> tokens) {
  const PieceHead& head = piece.head;
  if (head.kind == PieceKind::point) {
    const auto restored = cells_.restore_point(sequence.id, head.end, *piece.payload);
    if (restored == Cells::Restored::done) {
      sequences_.add_checkpoint(sequence, cells_.checkpoint_at(head.end, piece.payload));
    }
    return restored;
  }
  // Where another conversation goes on from the middle of a range, only what both say is meant.
  const auto from = static_cast<uint32_t>(sequence.tokens.size());
  const uint32_t to =
      std::min(length, head.begin + common_prefix(head.tokens, tokens.subspan(head.begin)));
  if (from < head.begin || to <= from) return Cells::Restored::wrong;
  const auto restored =
      cells_.restore_range(sequence.id, head.begin, head.end, *piece.payload, from, to);
  if (restored == Cells::Restored::done) {
    sequence.tokens.insert(sequence.tokens.end(), tokens.begin() + from, tokens.begin() + to);
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
