#include "kv/listing.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr int64_t us_per_s = 1'000'000;

// A range on the way from the root to the leaves, with what is summed up of those above it.
struct OnTheWay {
  const PieceNode* node = nullptr;
  uint64_t bytes = 0;  // since the last range that is shared
  uint64_t bytes_all = 0;
  bool in_ram = true;
  bool on_disk = true;
  bool imported = false;

  void add(const PieceNode& piece) {
    const uint64_t file_bytes = piece_file_bytes(*piece.head);
    bytes += file_bytes;
    bytes_all += file_bytes;
    imported = imported || piece.head->imported;
  }
};

KvCache::Listed listed(const OnTheWay& leaf) {
  const PieceNode& node = *leaf.node;
  return {.fingerprint = node.head->fingerprint,
          .key = node.head->key,
          .note = node.head->note,
          .tokens = node.head->end,
          .bytes = leaf.bytes,
          .bytes_all = leaf.bytes_all,
          .in_ram = leaf.in_ram,
          .on_disk = leaf.on_disk,
          .imported = leaf.imported,
          .last_used_s = node.used_us / us_per_s,
          .hits = node.hits};
}

size_t ranges_below(const PieceNode& node) {
  return static_cast<size_t>(std::ranges::count_if(node.children, [](const auto& child) {
    return child.second->head->kind == PieceKind::range;
  }));
}

// Of a conversation's last range the first above it that no other conversation uses. Null where
// there is no such conversation.
PieceNode* unshared_top(PieceNode* last) {
  if (!last || last->head->kind != PieceKind::range || ranges_below(*last) > 0) return nullptr;
  // Of a parent inside of which it begins, the end belongs to another.
  while (last->parent->attached() && ranges_below(*last->parent) == 1 &&
         last->head->begin == last->parent->head->end) {
    last = last->parent;
  }
  return last;
}

}  // namespace

std::vector<KvCache::Listed> list_conversations(const PieceTree& tree) {
  std::vector<std::pair<int64_t, KvCache::Listed>> all;
  std::vector<OnTheWay> waiting;
  for (const PieceNode* root : tree.roots()) waiting.push_back({.node = root});
  while (!waiting.empty()) {
    OnTheWay way = waiting.back();
    waiting.pop_back();
    const PieceNode& node = *way.node;
    std::vector<const PieceNode*> ranges;
    for (const auto& [key, child] : node.children) {
      if (child->head->kind == PieceKind::range) ranges.push_back(child);
      if (child->head->kind == PieceKind::point) way.add(*child);
    }
    if (node.attached()) {
      way.add(node);
      way.in_ram = way.in_ram && node.ram;
      way.on_disk = way.on_disk && node.on_disk;
      const bool goes_on = std::ranges::any_of(
          ranges, [&](const PieceNode* range) { return range->head->begin == node.head->end; });
      if (!ranges.empty() && (!goes_on || ranges.size() > 1)) way.bytes = 0;
      if (!goes_on) all.emplace_back(node.used_us, listed(way));
    }
    for (const PieceNode* range : ranges) {
      way.node = range;
      waiting.push_back(way);
    }
  }
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<KvCache::Listed> conversations;
  for (auto& [used_us, conversation] : all) conversations.push_back(std::move(conversation));
  return conversations;
}

std::vector<Token> tokens_of(const PieceNode& range) {
  std::vector<Token> tokens(range.head->end);
  uint32_t end = range.head->end;
  for (const PieceNode* node = &range; node->attached(); node = node->parent) {
    const PieceHead& head = *node->head;
    std::ranges::copy(std::span(head.tokens).first(end - head.begin), tokens.begin() + head.begin);
    end = head.begin;
  }
  return tokens;
}

std::vector<PieceNode*> nodes_to_prune(const PieceTree& tree, const KvCache::PruneRule& rule) {
  std::vector<PieceNode*> found;
  if (!rule.fingerprint && !rule.unused_since_s && !rule.conversation) return found;
  std::vector<PieceNode*> waiting;
  if (rule.conversation) {
    PieceNode* const top = unshared_top(tree.find(*rule.conversation));
    if (top) waiting.push_back(top);
  } else {
    for (PieceNode* root : tree.roots()) {
      if (!rule.fingerprint || root->head->fingerprint == *rule.fingerprint)
        waiting.push_back(root);
    }
  }
  while (!waiting.empty()) {
    PieceNode* const node = waiting.back();
    waiting.pop_back();
    const bool matches = !rule.unused_since_s || node->used_us < *rule.unused_since_s * us_per_s;
    if (node->attached() && node->pins == 0 && matches) {
      found.push_back(node);
      continue;
    }
    for (const auto& [key, child] : node->children) waiting.push_back(child);
  }
  return found;
}

std::vector<PieceKey> keys_on_disk(const PieceTree& tree) {
  std::vector<PieceKey> keys;
  for (PieceNode* root : tree.roots()) {
    for (const PieceNode* node : tree.subtree(*root)) {
      if (node->on_disk) keys.push_back(node->head->key);
    }
  }
  return keys;
}

}  // namespace anyclaude
