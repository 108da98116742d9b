#include "kv/tiers.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr int64_t us_per_s = 1'000'000;

size_t index(Tier tier) { return static_cast<size_t>(tier); }

// That both name the same bytes.
bool same_bytes(const PieceHead& a, const PieceHead& b) {
  return a.kind == b.kind && a.fingerprint == b.fingerprint && a.parent == b.parent &&
         a.begin == b.begin && a.end == b.end && a.tokens == b.tokens &&
         a.payload_bytes == b.payload_bytes && a.payload_checksum == b.payload_checksum;
}

}  // namespace

// ---- Letting in ---------------------------------------------------------------------------------

// What is above the new node counts as used just now by no worse, so it ranks no lower, and making
// room for the node never costs what is above it.
PieceNode* PieceTiers::store(const HeadPtr& head, const Bytes& payload, KeepClass keep,
                             int64_t now_us) {
  PieceNode* const parent = tree_.find(head->parent);
  if (parent) tree_.use(*parent, now_us, keep);
  if (!make_room_for_node(now_us - handicap_s(keep) * us_per_s)) return nullptr;
  PieceNode* const node = tree_.insert(head);
  if (!node) return nullptr;
  tree_.use(*node, now_us, keep);
  const bool in_ram = keep_in_ram(*node, payload);
  const bool on_disk = keep_on_disk(*node, payload);
  if (!in_ram && !on_disk) tree_.remove(*node);
  update_gauges();
  return in_ram || on_disk ? node : nullptr;
}

bool PieceTiers::keep_in_ram(PieceNode& node, const Bytes& payload) {
  if (!make_room(Tier::ram, payload->capacity(), node.rank_us())) {
    metrics_.refusals[index(Tier::ram)]->add();
    return false;
  }
  tree_.put_in_ram(node, payload);
  return true;
}

// Ranges above that the disk did not take when they came are offered again: without them this one
// would be good for nothing there.
bool PieceTiers::keep_on_disk(PieceNode& node, const Bytes& payload) {
  if (!disk_ || !disk_->writes()) return false;
  std::vector<PieceNode*> missing;
  for (PieceNode* above = node.parent; above->attached(); above = above->parent) {
    if (!above->on_disk) missing.push_back(above);
  }
  const int64_t rank_us = node.rank_us();
  for (PieceNode* above : std::views::reverse(missing)) {
    if (!write(*above, above->ram, rank_us)) return false;
  }
  return write(node, payload, rank_us);
}

bool PieceTiers::write(PieceNode& node, const Bytes& payload, int64_t rank_us) {
  const uint64_t bytes = piece_file_bytes(*node.head);
  if (!make_room(Tier::disk, bytes, rank_us) || !disk_->store(node.head, payload)) {
    metrics_.refusals[index(Tier::disk)]->add();
    return false;
  }
  tree_.put_on_disk(node);
  report_use(node);
  return true;
}

void PieceTiers::promote(PieceNode& node, Bytes payload) {
  if (!make_room(Tier::ram, payload->capacity(), node.rank_us())) return;
  tree_.put_in_ram(node, std::move(payload));
  update_gauges();
}

// As old as it ranks: the class is not written down.
void PieceTiers::report_use(const PieceNode& node) {
  if (!disk_ || !node.on_disk) return;
  disk_->used(node.head->key, node.rank_us() / us_per_s, node.hits);
}

// ---- What the disk tells ------------------------------------------------------------------------

void PieceTiers::found(const PieceRecord& record, int64_t now_us) {
  const PieceHead& head = *record.head;
  if (!disk_->has(head)) return;  // stored and thrown out before this was heard
  PieceNode* node = tree_.find(head.key);
  // Never later than now: a file may say anything, and the clock may have been set back.
  const int64_t used_us =
      std::clamp<int64_t>(record.last_used_s, 0, std::max<int64_t>(now_us, 0) / us_per_s) *
      us_per_s;
  if (node && !same_bytes(*node->head, head)) {
    // Somebody may be reading those that are here.
    disk_->remove(head);
    return lost(head.key);
  }
  if (!node && make_room_for_node(used_us)) node = tree_.insert(record.head);
  if (!node) return disk_->remove(head);
  tree_.use(*node, used_us, KeepClass::main);
  if (!node->on_disk) {
    PieceTree::add_hits(*node, record.hits);
    tree_.put_on_disk(*node);
  }
  // The limit may have been higher the last time.
  if (disk_->writes()) shrink(Tier::disk, limits_.disk_bytes_max);
  update_gauges();
}

void PieceTiers::lost(const PieceKey& key) {
  PieceNode* const node = tree_.find(key);
  // It may have been stored again in the meantime.
  if (!node || !node->on_disk || disk_->has(*node->head)) return;
  tree_.take_out(*node, Tier::disk);
  const size_t before = tree_.size();
  if (!node->ram) drop(*node);
  metrics_.lost.add(std::max<size_t>(before - tree_.size(), 1));
  update_gauges();
}

// ---- Throwing out -------------------------------------------------------------------------------

uint64_t PieceTiers::bytes_max(Tier tier) const {
  return tier == Tier::ram ? limits_.ram_bytes_max : limits_.disk_bytes_max;
}

// At the cost of what ranks below `rank_us`.
bool PieceTiers::make_room(Tier tier, uint64_t bytes, int64_t rank_us) {
  const uint64_t max = bytes_max(tier);
  if (bytes > max) return false;
  while (tree_.totals(tier).bytes > max - bytes) {
    PieceNode* const victim = tree_.victim(tier);
    if (!victim || victim->rank_us() >= rank_us) return false;
    metrics_.evictions[index(tier)]->add();
    evict(*victim, tier);
  }
  return true;
}

bool PieceTiers::make_room_for_node(int64_t rank_us) {
  while (tree_.size() >= limits_.pieces_max) {
    PieceNode* victim = nullptr;
    for (const Tier tier : tiers) {
      PieceNode* const other = tree_.victim(tier);
      if (other && (!victim || other->rank_us() < victim->rank_us())) victim = other;
    }
    if (!victim || victim->rank_us() >= rank_us) return false;
    metrics_.evictions[index(victim->on_disk ? Tier::disk : Tier::ram)]->add();
    drop(*victim);
  }
  return true;
}

void PieceTiers::evict(PieceNode& node, Tier tier) {
  if (tier == Tier::disk) disk_->remove(*node.head);
  tree_.take_out(node, tier);
  if (!node.in(Tier::ram) && !node.in(Tier::disk)) drop(node);
  update_gauges();
}

void PieceTiers::drop(PieceNode& node) {
  for (PieceNode* below : std::views::reverse(tree_.subtree(node))) {
    if (below->on_disk) disk_->remove(*below->head);
    tree_.remove(*below);
  }
  update_gauges();
}

void PieceTiers::shrink(Tier tier, uint64_t bytes_max) {
  while (tree_.totals(tier).bytes > bytes_max) {
    PieceNode* const victim = tree_.victim(tier);
    if (!victim) return;
    metrics_.evictions[index(tier)]->add();
    evict(*victim, tier);
  }
}

void PieceTiers::update_gauges() {
  for (const Tier tier : tiers) {
    metrics_.bytes[index(tier)]->set(static_cast<int64_t>(tree_.totals(tier).bytes));
    metrics_.pieces[index(tier)]->set(static_cast<int64_t>(tree_.totals(tier).pieces));
  }
}

}  // namespace anyclaude
