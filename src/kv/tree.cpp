#include "kv/tree.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

PieceNode::ChildKey child_key(const PieceHead& head) {
  return {head.kind, head.begin, head.tokens.empty() ? 0 : head.tokens.front()};
}

bool fits_behind(const PieceNode& node, const PieceHead& head) {
  const PieceHead& parent = *node.head;
  if (!node.attached()) return head.kind == PieceKind::range && head.begin == 0;  // the root
  if (head.begin <= parent.begin || head.begin > parent.end) return false;
  // What the parent holds itself would be there twice.
  return head.kind == PieceKind::point || head.begin == parent.end ||
         parent.tokens[head.begin - parent.begin] != head.tokens.front();
}

bool evictable(const PieceNode& node, size_t tier) {
  return node.in(static_cast<Tier>(tier)) && node.children_in[tier] == 0 && node.pins == 0;
}

}  // namespace

int64_t handicap_s(KeepClass keep) {
  switch (keep) {
    case KeepClass::main:
      return 0;
    case KeepClass::agent:
      return 3600;
    case KeepClass::background:
      break;
  }
  return 24 * 3600;
}

uint64_t PieceNode::bytes_in(Tier tier) const {
  return tier == Tier::ram ? ram->capacity() : piece_file_bytes(*head);
}

// ---- Structure ----------------------------------------------------------------------------------

PieceTree::Match PieceTree::match(const Fingerprint& fingerprint,
                                  std::span<const Token> tokens) const {
  Match match;
  const auto root = roots_.find(fingerprint);
  if (root == roots_.end()) return match;
  const PieceNode* node = root->second.get();
  while (match.length < tokens.size()) {
    const auto child = node->children.find({PieceKind::range, match.length, tokens[match.length]});
    if (child == node->children.end()) break;
    node = child->second;
    match.ranges.push_back(child->second);
    const std::vector<Token>& own = node->head->tokens;
    const auto wanted =
        tokens.subspan(match.length, std::min(own.size(), tokens.size() - match.length));
    const auto parting = std::ranges::mismatch(wanted, own).in1;
    match.length += static_cast<uint32_t>(parting - wanted.begin());
  }
  return match;
}

std::vector<PieceNode*> PieceTree::points(const PieceNode& range, uint32_t end) {
  std::vector<PieceNode*> found;
  auto child = range.children.lower_bound({PieceKind::point, 0, 0});
  for (; child != range.children.end() && child->second->head->end <= end; ++child) {
    found.push_back(child->second);
  }
  return found;
}

PieceNode* PieceTree::parent_for(const PieceHead& head) {
  if (head.begin > 0) {
    PieceNode* const parent = find(head.parent);
    const bool fits = parent && parent->head->kind == PieceKind::range &&
                      parent->head->fingerprint == head.fingerprint;
    return fits ? parent : nullptr;
  }
  const auto [found, added] = roots_.try_emplace(head.fingerprint);
  if (added) {
    PieceHead root;
    root.fingerprint = head.fingerprint;
    found->second = std::make_unique<PieceNode>();
    found->second->head = std::make_shared<const PieceHead>(std::move(root));
  }
  return found->second.get();
}

PieceNode* PieceTree::insert(HeadPtr head) {
  if (!check_piece_head(*head) || nodes_.contains(head->key)) return nullptr;
  PieceNode* const parent = parent_for(*head);
  if (!parent || !fits_behind(*parent, *head)) return nullptr;
  auto node = std::make_unique<PieceNode>();
  if (!parent->children.try_emplace(child_key(*head), node.get()).second) return nullptr;
  node->head = std::move(head);
  node->parent = parent;
  const PieceKey& key = node->head->key;
  return nodes_.emplace(key, std::move(node)).first->second.get();
}

PieceNode* PieceTree::find(const PieceKey& key) const {
  const auto found = nodes_.find(key);
  return found == nodes_.end() ? nullptr : found->second.get();
}

void PieceTree::remove(PieceNode& node) {
  assert(node.children.empty() && node.attached());
  for (const Tier tier : tiers) {
    if (node.in(tier)) take_out(node, tier);
  }
  PieceNode* const parent = node.parent;
  parent->children.erase(child_key(*node.head));
  node.parent = nullptr;
  auto owned = nodes_.extract(node.head->key);
  if (node.pins > 0) removed_.emplace(&node, std::move(owned.mapped()));
}

std::vector<PieceNode*> PieceTree::subtree(PieceNode& node) const {
  std::vector<PieceNode*> all = {&node};
  for (size_t i = 0; i < all.size(); ++i) {
    for (const auto& [key, child] : all[i]->children) all.push_back(child);
  }
  return all;
}

std::vector<PieceNode*> PieceTree::roots() const {
  std::vector<PieceNode*> all;
  for (const auto& [fingerprint, root] : roots_) all.push_back(root.get());
  return all;
}

// ---- Where the bytes are ------------------------------------------------------------------------

void PieceTree::put_in_ram(PieceNode& node, Bytes bytes) {
  assert(!node.ram && bytes && node.attached());
  node.ram = std::move(bytes);
  count(node, Tier::ram, true);
}

void PieceTree::put_on_disk(PieceNode& node) {
  assert(!node.on_disk && node.attached());
  node.on_disk = true;
  count(node, Tier::disk, true);
}

void PieceTree::take_out(PieceNode& node, Tier tier) {
  assert(node.in(tier));
  count(node, tier, false);
  if (tier == Tier::ram) node.ram.reset();
  if (tier == Tier::disk) node.on_disk = false;
  reorder(node);
}

void PieceTree::count(PieceNode& node, Tier tier, bool added) {
  const auto index = static_cast<size_t>(tier);
  const auto change = [added](auto& value, auto amount) {
    value = added ? value + amount : value - amount;
  };
  change(totals_[index].bytes, node.bytes_in(tier));
  change(totals_[index].pieces, 1u);
  change(totals_[index].tokens, node.head->end - node.head->begin);
  change(node.parent->children_in[index], 1u);
  reorder(node);
  reorder(*node.parent);
}

// ---- What goes first ----------------------------------------------------------------------------

// Of pieces used at once those further from the root go first.
bool PieceTree::Place::operator<(const Place& other) const {
  if (rank_us != other.rank_us) return rank_us < other.rank_us;
  const PieceHead& mine = *node->head;
  const PieceHead& others = *other.node->head;
  if (mine.end != others.end) return mine.end > others.end;
  return mine.key < others.key;
}

// Puts it where it belongs after a change. Only what could go now stands in the order, so that the
// first of it can.
void PieceTree::reorder(PieceNode& node) {
  const int64_t rank_us = node.rank_us();
  for (size_t tier = 0; tier < tiers.size(); ++tier) {
    if (node.ordered[tier] && !(evictable(node, tier) && rank_us == node.ordered_rank_us)) {
      order_[tier].erase({node.ordered_rank_us, &node});
      node.ordered[tier] = false;
    }
  }
  node.ordered_rank_us = rank_us;
  for (size_t tier = 0; tier < tiers.size(); ++tier) {
    if (!node.ordered[tier] && evictable(node, tier)) {
      order_[tier].insert({rank_us, &node});
      node.ordered[tier] = true;
    }
  }
}

PieceNode* PieceTree::victim(Tier tier) const {
  const auto& order = order_[static_cast<size_t>(tier)];
  return order.empty() ? nullptr : order.begin()->node;
}

void PieceTree::use(PieceNode& node, int64_t used_us, KeepClass keep) {
  for (PieceNode* above = &node; above->attached(); above = above->parent) {
    // What is above was used no earlier, and by no worse.
    if (above->used_us >= used_us && above->keep <= keep) break;
    above->used_us = std::max(above->used_us, used_us);
    above->keep = std::min(above->keep, keep);
    reorder(*above);
  }
}

void PieceTree::pin(PieceNode& node) {
  ++node.pins;
  reorder(node);
}

void PieceTree::unpin(PieceNode& node) {
  assert(node.pins > 0);
  --node.pins;
  if (node.attached()) {
    reorder(node);
  } else if (node.pins == 0) {
    removed_.erase(&node);
  }
}

}  // namespace anyclaude
