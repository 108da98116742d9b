// The index of the cache: which tokens are stored, as which pieces, where their bytes are, and
// which piece goes first when there is no room.
//
// A radix tree at token granularity. A node is a piece: a range of at most block_tokens tokens that
// begins behind any token of its parent, or a point hanging on the range that holds its last token.
// Nodes are never split: whoever departs in the middle of a range becomes its child there. A child
// that begins inside of its parent differs from it in the first token, and no two children begin
// alike, so there is one way through the tree for any tokens. Each fingerprint has a root.
//
// A node costs 450 bytes beside its tokens and its note, and shares both with the disk tier:
// 10 million tokens in full ranges are 58 MB.
//
// Not thread-safe; does no I/O.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "kv/block.h"

namespace anyclaude {

// By how much later than others' a use of this class would have to be to count as much. So titles
// and sub-agents never push a conversation out, and yet old conversations do not become fossils.
int64_t handicap_s(KeepClass keep);

enum class Tier : uint8_t { ram = 0, disk = 1 };
constexpr std::array<Tier, 2> tiers = {Tier::ram, Tier::disk};

// A piece. Read by everybody, changed by PieceTree alone.
struct PieceNode {
  struct ChildKey {
    PieceKind kind = PieceKind::range;
    uint32_t begin = 0;
    Token first = 0;  // of a point: 0
    auto operator<=>(const ChildKey&) const = default;
  };

  // ---- Constant.
  HeadPtr head;                 // of a root, which is no piece: of the fingerprint alone
  PieceNode* parent = nullptr;  // null: a root, or a node that was removed

  // ---- Where it is.
  Bytes ram;  // null: not there
  bool on_disk = false;

  // ---- Who needs it.
  KeepClass keep = KeepClass::background;  // the best of all that used it
  int64_t used_us = 0;                     // never earlier than of what is below it
  uint32_t hits = 0;
  uint32_t pins = 0;
  std::array<uint32_t, 2> children_in{};  // by tier
  std::map<ChildKey, PieceNode*> children;

  // ---- The tree's own: its place in the order of eviction.
  std::array<bool, 2> ordered{};
  int64_t ordered_rank_us = 0;

  bool in(Tier tier) const { return tier == Tier::ram ? ram != nullptr : on_disk; }
  uint64_t bytes_in(Tier tier) const;                  // if it is there
  bool attached() const { return parent != nullptr; }  // a piece, and not removed
  // Whoever has the lowest goes first.
  int64_t rank_us() const { return used_us - handicap_s(keep) * 1'000'000; }
};

class PieceTree {
 public:
  PieceTree() = default;
  PieceTree(const PieceTree&) = delete;
  PieceTree& operator=(const PieceTree&) = delete;

  // ---- Structure.

  // The ranges that hold the longest stored prefix, from the root on; each is followed up to where
  // the next begins, the last one up to `length`.
  struct Match {
    std::vector<PieceNode*> ranges;
    uint32_t length = 0;
  };
  Match match(const Fingerprint& fingerprint, std::span<const Token> tokens) const;
  // Of a range's points those at or before `end`, ascending.
  static std::vector<PieceNode*> points(const PieceNode& range, uint32_t end);

  // A node that is in no tier yet. Null where the parent is not there, where the head is wrong, or
  // where what it holds is there in part or whole.
  PieceNode* insert(HeadPtr head);
  PieceNode* find(const PieceKey& key) const;  // null: not there
  // Takes it out of its tiers and out of the tree; it has no children. One that is pinned lives on,
  // removed, until it is not.
  void remove(PieceNode& node);

  size_t size() const { return nodes_.size(); }
  std::vector<PieceNode*> subtree(PieceNode& node) const;  // with itself; parents before children
  std::vector<PieceNode*> roots() const;

  // ---- Where the bytes are.

  void put_in_ram(PieceNode& node, Bytes bytes);
  void put_on_disk(PieceNode& node);
  void take_out(PieceNode& node, Tier tier);

  struct Totals {
    uint64_t bytes = 0;
    uint64_t pieces = 0;
    uint64_t tokens = 0;
  };
  const Totals& totals(Tier tier) const { return totals_[static_cast<size_t>(tier)]; }

  // ---- What goes first.

  // The least needed piece of the tier without pins and without children there; null: none. O(1).
  PieceNode* victim(Tier tier) const;
  // The node and all above it. `used_us` counts where it is later than what is known.
  void use(PieceNode& node, int64_t used_us, KeepClass keep);
  static void add_hits(PieceNode& node, uint32_t hits) { node.hits += hits; }
  void pin(PieceNode& node);
  void unpin(PieceNode& node);

 private:
  struct Place {
    int64_t rank_us;
    PieceNode* node;
    bool operator<(const Place& other) const;
  };

  PieceNode* parent_for(const PieceHead& head);
  void count(PieceNode& node, Tier tier, bool added);
  void reorder(PieceNode& node);

  std::map<Fingerprint, std::unique_ptr<PieceNode>> roots_;
  std::unordered_map<PieceKey, std::unique_ptr<PieceNode>> nodes_;
  std::unordered_map<PieceNode*, std::unique_ptr<PieceNode>> removed_;  // and pinned
  std::array<std::set<Place>, 2> order_;                                // by tier
  std::array<Totals, 2> totals_;
};

}  // namespace anyclaude
