#include "kv/listing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <queue>
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

const PieceNode* only_range_below(const PieceNode& node) {
  const PieceNode* only = nullptr;
  for (const auto& [key, child] : node.children) {
    if (child->head->kind != PieceKind::range) continue;
    if (only) return nullptr;
    only = child;
  }
  return only;
}

// A branch goes on behind a range whose only range below begins at its end.
bool continues(const PieceNode& above, const PieceNode& below) {
  return above.attached() && only_range_below(above) == &below &&
         below.head->begin == above.head->end;
}

// Of a branch's last range, or any of its others, the first. Null where there is no such range.
PieceNode* branch_top(PieceNode* node) {
  if (!node || node->head->kind != PieceKind::range) return nullptr;
  while (continues(*node->parent, *node)) node = node->parent;
  return node;
}

// The tree as branches. Numbers of branches are those of their place in it.
class Branches {
 public:
  explicit Branches(const PieceTree& tree) {
    for (const PieceNode* root : tree.roots()) add_below(*root, std::nullopt);
    for (size_t i = 0; i < found_.size(); ++i) add_below(*found_[i].last, i);
    for (size_t i = found_.size(); i-- > 0;) {
      if (!found_[i].above) continue;
      found_[*found_[i].above].branch.all_bytes += found_[i].branch.all_bytes;
      found_[*found_[i].above].branch.below += found_[i].branch.below + 1;
    }
  }

  // From the root on, always the largest of those whose parents are taken.
  std::vector<KvCache::Branch> largest(size_t branches_max) {
    const auto smaller = [this](size_t a, size_t b) {
      return found_[a].branch.all_bytes < found_[b].branch.all_bytes;
    };
    std::priority_queue<size_t, std::vector<size_t>, decltype(smaller)> next(smaller, roots_);
    std::vector<size_t> taken;
    while (!next.empty() && taken.size() < branches_max) {
      taken.push_back(next.top());
      next.pop();
      for (const size_t below : found_[taken.back()].below) next.push(below);
      for (auto above = found_[taken.back()].above; above; above = found_[*above].above) {
        --found_[*above].branch.below;
      }
    }
    std::vector<KvCache::Branch> branches;
    for (const size_t number : taken) branches.push_back(std::move(found_[number].branch));
    return branches;
  }

 private:
  struct Found {
    KvCache::Branch branch;
    const PieceNode* last = nullptr;
    std::optional<size_t> above;
    std::vector<size_t> below;
  };

  void add_below(const PieceNode& node, std::optional<size_t> above) {
    for (const auto& [key, child] : node.children) {
      if (child->head->kind != PieceKind::range) continue;
      (above ? found_[*above].below : roots_).push_back(found_.size());
      found_.push_back(branch_from(*child, above));
    }
  }

  Found branch_from(const PieceNode& top, std::optional<size_t> above) const {
    Found found{.last = &top, .above = above};
    KvCache::Branch& branch = found.branch;
    add(branch, top);
    for (const PieceNode* next = only_range_below(top); next && continues(*found.last, *next);
         next = only_range_below(*next)) {
      found.last = next;
      add(branch, *next);
    }
    const PieceHead& head = *found.last->head;
    branch.key = head.key;
    if (above) branch.parent = found_[*above].branch.key;
    branch.fingerprint = head.fingerprint;
    branch.note = head.note;
    branch.tokens = head.end - top.head->begin;
    branch.tokens_to_end = head.end;
    branch.last_used_s = found.last->used_us / us_per_s;
    branch.hits = found.last->hits;
    return found;
  }

  // A range with its points.
  static void add(KvCache::Branch& branch, const PieceNode& range) {
    const auto add_piece = [&](const PieceNode& piece) {
      branch.ram_bytes += piece.ram ? piece.bytes_in(Tier::ram) : 0;
      branch.disk_bytes += piece.on_disk ? piece.bytes_in(Tier::disk) : 0;
      branch.all_bytes += piece_file_bytes(*piece.head);
    };
    add_piece(range);
    for (const auto& [key, child] : range.children) {
      if (child->head->kind == PieceKind::point) add_piece(*child);
    }
  }

  std::vector<Found> found_;  // parents before children
  std::vector<size_t> roots_;
};

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

std::vector<KvCache::Branch> list_branches(const PieceTree& tree, size_t branches_max) {
  return Branches(tree).largest(branches_max);
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
  if (!rule.fingerprint && !rule.unused_since_s && !rule.conversation && !rule.branch) return found;
  std::vector<PieceNode*> waiting;
  if (rule.branch) {
    PieceNode* const top = branch_top(tree.find(*rule.branch));
    if (top) waiting.push_back(top);
  } else if (rule.conversation) {
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
