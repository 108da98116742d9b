#include "kv/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "fakes/pieces.h"

namespace anyclaude {
namespace {

constexpr Fingerprint fingerprint = {3, 4};
using Tokens = std::vector<Token>;

std::span<const Token> first(const Tokens& tokens, size_t count) {
  return std::span(tokens).first(count);
}

PieceHead range_head(const PieceTree& tree, const Tokens& tokens, uint32_t begin, uint32_t end,
                     PieceKind kind = PieceKind::range) {
  const auto match = tree.match(fingerprint, first(tokens, begin));
  const PieceKey parent = match.ranges.empty() ? PieceKey{} : match.ranges.back()->head->key;
  const Tokens prefix(tokens.begin(), tokens.begin() + end);
  return make_piece(kind, fingerprint, parent, prefix, begin, 3).head;
}

PieceNode* insert(PieceTree& tree, const PieceHead& head) {
  return tree.insert(std::make_shared<const PieceHead>(head));
}

// What of `tokens` is not there yet, cut at blocks; the node of the last.
PieceNode* store(PieceTree& tree, const Tokens& tokens) {
  auto match = tree.match(fingerprint, tokens);
  PieceNode* last = match.ranges.empty() ? nullptr : match.ranges.back();
  for (uint32_t begin = match.length; begin < tokens.size();) {
    const auto block_end = (begin / block_tokens + 1) * block_tokens;
    const auto end = std::min<uint32_t>(block_end, static_cast<uint32_t>(tokens.size()));
    last = insert(tree, range_head(tree, tokens, begin, end));
    if (!last) return nullptr;
    begin = end;
  }
  return last;
}

Tokens counted(uint32_t count, Token from = 0) {
  Tokens tokens(count);
  for (uint32_t i = 0; i < count; ++i) tokens[i] = from + static_cast<Token>(i);
  return tokens;
}

Bytes some_bytes(size_t count = 10) {
  return std::make_shared<const std::vector<uint8_t>>(count, uint8_t{1});
}

TEST(PieceTree, FindsWhatWasStoredAndNoMore) {
  PieceTree tree;
  EXPECT_EQ(tree.match(fingerprint, counted(5)).length, 0u);
  const Tokens tokens = counted(700);
  ASSERT_TRUE(store(tree, tokens));
  EXPECT_EQ(tree.size(), 3u);
  EXPECT_EQ(tree.match(fingerprint, tokens).length, 700u);
  EXPECT_EQ(tree.match(fingerprint, tokens).ranges.size(), 3u);
  EXPECT_EQ(tree.match(fingerprint, first(tokens, 300)).length, 300u);
  EXPECT_EQ(tree.match(fingerprint, {}).length, 0u);
  EXPECT_EQ(tree.match({3, 5}, tokens).length, 0u);
  Tokens longer = counted(800);
  EXPECT_EQ(tree.match(fingerprint, longer).length, 700u);
  longer[299] = -1;
  EXPECT_EQ(tree.match(fingerprint, longer).length, 299u);
}

TEST(PieceTree, ConversationsPartAtAnyToken) {
  PieceTree tree;
  const Tokens base = counted(block_tokens);
  ASSERT_TRUE(store(tree, base));
  std::vector<Tokens> all = {base};
  for (uint32_t at = 0; at < block_tokens; ++at) {
    for (const Token other : {10'000, 20'000}) {
      Tokens parted(base.begin(), base.begin() + at);
      const Tokens tail = counted(300, other);
      parted.insert(parted.end(), tail.begin(), tail.end());
      const auto match = tree.match(fingerprint, parted);
      ASSERT_EQ(match.length, at);
      ASSERT_TRUE(store(tree, parted));
      all.push_back(parted);
    }
  }
  for (const Tokens& tokens : all) {
    const auto match = tree.match(fingerprint, tokens);
    ASSERT_EQ(match.length, tokens.size());
    uint32_t end = 0;
    for (const PieceNode* range : match.ranges) {
      ASSERT_LE(range->head->begin, end == 0 ? 0 : end);
      end = range->head->end;
    }
  }
}

TEST(PieceTree, AgreesWithANaiveSearch) {
  std::mt19937_64 random(7);
  PieceTree tree;
  std::vector<Tokens> stored;
  for (int step = 0; step < 3000; ++step) {
    // Mostly something that shares its beginning with what is there.
    Tokens tokens;
    if (!stored.empty()) {
      tokens = stored[random() % stored.size()];
      tokens.resize(random() % (tokens.size() + 1));
    }
    const size_t more = random() % 40 * (random() % 10 == 0 ? 20 : 1);
    for (size_t i = 0; i < more; ++i) tokens.push_back(static_cast<Token>(random() % 2));
    size_t longest = 0;
    for (const Tokens& other : stored) {
      const auto parting = std::ranges::mismatch(tokens, other).in1 - tokens.begin();
      longest = std::max(longest, static_cast<size_t>(parting));
    }
    const auto match = tree.match(fingerprint, tokens);
    ASSERT_EQ(match.length, longest) << "step " << step;
    // What it names is what was asked for.
    for (size_t i = 0; i < match.ranges.size(); ++i) {
      const PieceHead& range = *match.ranges[i]->head;
      const bool last = i + 1 == match.ranges.size();
      const uint32_t end = last ? match.length : match.ranges[i + 1]->head->begin;
      ASSERT_TRUE(std::ranges::equal(std::span(range.tokens).first(end - range.begin),
                                     std::span(tokens).subspan(range.begin, end - range.begin)));
    }
    if (random() % 3 == 0 && !tokens.empty()) {
      ASSERT_TRUE(store(tree, tokens)) << "step " << step;
      stored.push_back(tokens);
    }
  }
}

TEST(PieceTree, RefusesWhatDoesNotFit) {
  PieceTree tree;
  const Tokens tokens = counted(400);
  const PieceHead whole = range_head(tree, tokens, 0, 256);
  PieceHead orphan = range_head(tree, tokens, 0, 256);
  orphan.begin = 16;
  orphan.tokens.erase(orphan.tokens.begin(), orphan.tokens.begin() + 16);
  orphan.parent = {1, 1};
  EXPECT_EQ(insert(tree, orphan), nullptr);
  PieceHead without_tokens = whole;
  without_tokens.tokens.clear();
  EXPECT_EQ(insert(tree, without_tokens), nullptr);
  ASSERT_TRUE(insert(tree, whole));
  EXPECT_EQ(insert(tree, whole), nullptr);
  EXPECT_EQ(insert(tree, range_head(tree, tokens, 0, 100)), nullptr);  // there already
  PieceHead inside = range_head(tree, tokens, 100, 256);
  EXPECT_EQ(insert(tree, inside), nullptr);  // the parent holds its first token
  inside.tokens.front() = -1;
  inside.fingerprint = {3, 5};
  EXPECT_EQ(insert(tree, inside), nullptr);  // the parent is another model's
  PieceHead beyond = range_head(tree, tokens, 256, 300);
  beyond.begin = 257;
  beyond.end = 301;
  EXPECT_EQ(insert(tree, beyond), nullptr);  // a gap
  PieceNode* const point = insert(tree, range_head(tree, tokens, 256, 256, PieceKind::point));
  ASSERT_TRUE(point);
  PieceHead below_point = range_head(tree, tokens, 256, 300);
  below_point.parent = point->head->key;
  EXPECT_EQ(insert(tree, below_point), nullptr);
  EXPECT_EQ(tree.size(), 2u);
}

TEST(PieceTree, PointsHangOnTheRangeOfTheirLastToken) {
  PieceTree tree;
  const Tokens tokens = counted(300);
  ASSERT_TRUE(store(tree, tokens));
  for (const uint32_t at : {200u, 1u, 256u, 257u}) {
    ASSERT_TRUE(insert(tree, range_head(tree, tokens, at, at, PieceKind::point)));
  }
  const auto match = tree.match(fingerprint, tokens);
  const auto ends = [](const std::vector<PieceNode*>& points) {
    std::vector<uint32_t> all;
    for (const PieceNode* point : points) all.push_back(point->head->end);
    return all;
  };
  EXPECT_EQ(ends(PieceTree::points(*match.ranges[0], 256)), (std::vector<uint32_t>{1, 200, 256}));
  EXPECT_EQ(ends(PieceTree::points(*match.ranges[0], 255)), (std::vector<uint32_t>{1, 200}));
  EXPECT_EQ(ends(PieceTree::points(*match.ranges[1], 300)), (std::vector<uint32_t>{257}));
}

// A chain as deep as there are tokens, and one node with very many children: neither recursion nor
// a search through all of them may be needed, or this takes for ever.
TEST(PieceTree, BearsDeepChainsAndManyChildren) {
  PieceTree tree;
  constexpr uint32_t count = 100'000;
  const Tokens tokens = counted(count);
  PieceKey parent;
  for (uint32_t i = 0; i < count; ++i) {
    PieceHead head{.fingerprint = fingerprint, .key = {1, i + 1}, .parent = parent};
    head.begin = i;
    head.end = i + 1;
    head.tokens = {tokens[i]};
    PieceNode* const node = insert(tree, head);
    ASSERT_TRUE(node);
    tree.put_in_ram(*node, some_bytes(1));
    parent = head.key;
  }
  for (uint32_t i = 0; i < count; ++i) {
    PieceHead head{.fingerprint = fingerprint, .key = {2, i + 1}, .parent = {1, 1}};
    head.begin = 1;
    head.end = 2;
    head.tokens = {-1 - static_cast<Token>(i)};
    ASSERT_TRUE(insert(tree, head));
  }
  EXPECT_EQ(tree.match(fingerprint, tokens).length, count);
  EXPECT_EQ(tree.match(fingerprint, Tokens{0, -5000}).length, 2u);
  tree.use(*tree.find(parent), 5, KeepClass::main);
  EXPECT_EQ(tree.find({1, 1})->used_us, 5);
  const auto all = tree.subtree(*tree.find({1, 1}));
  ASSERT_EQ(all.size(), 2u * count);
  for (size_t i = all.size(); i > 0; --i) tree.remove(*all[i - 1]);
  EXPECT_EQ(tree.size(), 0u);
  EXPECT_EQ(tree.totals(Tier::ram).bytes, 0u);
}

// ---- What goes first

TEST(PieceTree, CountsWhatIsInATier) {
  PieceTree tree;
  PieceNode* const node = store(tree, counted(20));
  std::vector<uint8_t> roomy;
  roomy.reserve(1000);
  roomy.resize(10);
  tree.put_in_ram(*node, std::make_shared<const std::vector<uint8_t>>(std::move(roomy)));
  tree.put_on_disk(*node);
  EXPECT_EQ(tree.totals(Tier::ram).bytes, 1000u);
  EXPECT_EQ(tree.totals(Tier::ram).tokens, 20u);
  EXPECT_EQ(tree.totals(Tier::disk).bytes, piece_file_bytes(*node->head));
  tree.take_out(*node, Tier::ram);
  EXPECT_EQ(tree.totals(Tier::ram).bytes, 0u);
  EXPECT_EQ(tree.totals(Tier::ram).pieces, 0u);
  EXPECT_EQ(tree.totals(Tier::disk).pieces, 1u);
}

TEST(PieceTree, ClassesAreAHandicapAndNoSentence) {
  PieceTree tree;
  constexpr int64_t hour_us = 3'600'000'000;
  const auto put = [&](Token token, int64_t used_us, KeepClass keep) {
    PieceNode* const node = store(tree, counted(10, token));
    tree.put_in_ram(*node, some_bytes());
    tree.use(*node, used_us, keep);
    return node;
  };
  PieceNode* const fossil = put(0, 10 * hour_us, KeepClass::main);
  PieceNode* const main = put(1000, 34 * hour_us, KeepClass::main);
  PieceNode* const agent = put(2000, 34 * hour_us + hour_us / 2, KeepClass::agent);
  PieceNode* const background = put(3000, 35 * hour_us, KeepClass::background);
  std::vector<PieceNode*> order;
  while (PieceNode* const next = tree.victim(Tier::ram)) {
    order.push_back(next);
    tree.take_out(*next, Tier::ram);
  }
  EXPECT_EQ(order, (std::vector<PieceNode*>{fossil, background, agent, main}));
}

TEST(PieceTree, TheBestUserDecidesAndWhatIsAboveIsNoWorse) {
  PieceTree tree;
  const Tokens tokens = counted(600);
  PieceNode* const leaf = store(tree, tokens);
  tree.use(*leaf, 1000, KeepClass::background);
  PieceNode* const middle = leaf->parent;
  tree.use(*middle, 500, KeepClass::main);
  EXPECT_EQ(middle->used_us, 1000);
  EXPECT_EQ(middle->keep, KeepClass::main);
  EXPECT_EQ(middle->parent->keep, KeepClass::main);
  EXPECT_EQ(leaf->keep, KeepClass::background);
}

TEST(PieceTree, PinnedNodesStayAndOutliveTheirRemoval) {
  PieceTree tree;
  PieceNode* const node = store(tree, counted(10));
  tree.put_in_ram(*node, some_bytes());
  EXPECT_EQ(tree.victim(Tier::ram), node);
  tree.pin(*node);
  tree.pin(*node);
  EXPECT_EQ(tree.victim(Tier::ram), nullptr);
  tree.unpin(*node);
  EXPECT_EQ(tree.victim(Tier::ram), nullptr);
  tree.unpin(*node);
  EXPECT_EQ(tree.victim(Tier::ram), node);
  tree.pin(*node);
  tree.remove(*node);
  EXPECT_FALSE(node->attached());
  EXPECT_EQ(tree.match(fingerprint, counted(10)).length, 0u);
  EXPECT_EQ(tree.victim(Tier::ram), nullptr);
  tree.unpin(*node);
}

// Against a search over all nodes, through random changes.
class RandomOrder {
 public:
  explicit RandomOrder(uint64_t seed) : random_(seed) {}

  void step() {
    const uint64_t action = random_() % 8;
    if (action == 0 || nodes_.empty()) return add();
    PieceNode* const node = nodes_[random_() % nodes_.size()];
    const Tier tier = tiers[random_() % 2];
    if (action <= 2 && !node->in(tier)) put(*node, tier);
    if (action == 3 && node->in(tier)) tree_.take_out(*node, tier);
    if (action == 4) tree_.use(*node, static_cast<int64_t>(++now_ * 1'000'000'000), any_class());
    if (action == 5) tree_.pin(*node);
    if (action == 6 && node->pins > 0) tree_.unpin(*node);
    if (action == 7 && node->children.empty() && node->pins == 0 && nodes_.size() > 50) {
      std::erase(nodes_, node);
      tree_.remove(*node);
    }
  }

  void check() const {
    for (const Tier tier : tiers) {
      const PieceNode* expected = nullptr;
      for (const PieceNode* node : nodes_) {
        const bool has_children = std::ranges::any_of(
            node->children, [&](const auto& child) { return child.second->in(tier); });
        if (!node->in(tier) || has_children || node->pins > 0) continue;
        if (!expected || before(*node, *expected)) expected = node;
      }
      ASSERT_EQ(tree_.victim(tier), expected);
    }
  }

 private:
  static bool before(const PieceNode& a, const PieceNode& b) {
    return std::tuple(a.rank_us(), -int64_t{a.head->end}, a.head->key) <
           std::tuple(b.rank_us(), -int64_t{b.head->end}, b.head->key);
  }
  KeepClass any_class() { return static_cast<KeepClass>(random_() % 3); }
  void put(PieceNode& node, Tier tier) {
    if (tier == Tier::ram) tree_.put_in_ram(node, some_bytes(random_() % 50));
    if (tier == Tier::disk) tree_.put_on_disk(node);
  }
  void add() {
    PieceNode* const parent = nodes_.empty() ? nullptr : nodes_[random_() % nodes_.size()];
    const bool at_root = !parent || parent->head->kind == PieceKind::point || random_() % 8 == 0;
    PieceHead head{.fingerprint = fingerprint, .key = {9, ++keys_}};
    if (!at_root) head.parent = parent->head->key;
    head.begin = at_root ? 0 : parent->head->end;
    head.end = head.begin + 1;
    head.tokens = {static_cast<Token>(keys_)};
    if (!at_root && random_() % 3 == 0) {
      head.kind = PieceKind::point;
      head.end = head.begin;
      head.tokens.clear();
    }
    if (PieceNode* const node = insert(tree_, head)) nodes_.push_back(node);
  }

  std::mt19937_64 random_;
  PieceTree tree_;
  std::vector<PieceNode*> nodes_;
  uint64_t keys_ = 0;
  uint64_t now_ = 0;
};

TEST(PieceTree, TheVictimIsTheLeastNeededOfTheLeaves) {
  RandomOrder order(11);
  for (int step = 0; step < 20'000; ++step) {
    order.step();
    ASSERT_NO_FATAL_FAILURE(order.check()) << "step " << step;
  }
}

}  // namespace
}  // namespace anyclaude
