// The cache in RAM; with a disk: cache_disk_test.cpp.
#include "kv/cache.h"

#include <gtest/gtest.h>

#include "fakes/cache_user.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;

constexpr int64_t year_s = 365 * 24 * 60 * 60;

class CacheTest : public testing::Test {
 protected:
  FaultyFiles files_;
};

TEST_F(CacheTest, FindsWhatWasStoredAndGivesItBack) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens tokens = counted_tokens(600);
  EXPECT_EQ(user->find(CacheUser::fingerprint, tokens, true).prefix, nullptr);
  EXPECT_EQ(user.store(tokens), 600u);
  EXPECT_TRUE(user.store_point(counted_tokens(300)));
  EXPECT_TRUE(user.store_point(tokens));
  const auto found = user->find(CacheUser::fingerprint, joined(tokens, {-1, -2}), true);
  EXPECT_EQ(found.ranges_end, 600u);
  EXPECT_EQ(found.ranges_end_in_ram, 600u);
  EXPECT_EQ(found.points, (std::vector<uint32_t>{300, 600}));
  const auto restored = user.restore(tokens, 0, 600, 300);
  EXPECT_EQ(restored.end, 600u);
  EXPECT_EQ(restored.point, 300u);
  EXPECT_FALSE(restored.failed);
  EXPECT_EQ(user.metric("anyclaude_kv_finds_total{result=\"hit\"}"), 2u);
  EXPECT_EQ(user.metric("anyclaude_kv_finds_total{result=\"miss\"}"), 1u);
  EXPECT_EQ(user.metric("anyclaude_kv_found_tokens_total{tier=\"ram\"}"), 1200u);
  EXPECT_EQ(user.metric("anyclaude_kv_restored_bytes_total{tier=\"ram\"}"), 400u);
  EXPECT_EQ(user.metric("anyclaude_kv_restore_seconds_count"), 1u);
}

TEST_F(CacheTest, GivesThePartThatIsAskedFor) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens tokens = counted_tokens(1000);
  user.store(tokens);
  const auto found = user->find(CacheUser::fingerprint, tokens, false);
  const auto begins = [&](uint32_t from, uint32_t to) {
    std::vector<uint32_t> all;
    const auto load = user->load(found.prefix, from, to, 0, {});
    while (const auto piece = load->next()) all.push_back(piece->head->begin);
    EXPECT_TRUE(load->done());
    return all;
  };
  EXPECT_EQ(begins(0, 1000), (std::vector<uint32_t>{0, 256, 512, 768}));
  EXPECT_EQ(begins(256, 512), (std::vector<uint32_t>{256}));
  EXPECT_EQ(begins(255, 513), (std::vector<uint32_t>{0, 256, 512}));
  EXPECT_EQ(begins(500, 500), (std::vector<uint32_t>{}));
}

TEST_F(CacheTest, ConversationsShareWhatTheyHaveInCommon) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens shared = counted_tokens(400);
  const Tokens one = joined(shared, counted_tokens(300, 10'000));
  const Tokens other = joined(shared, counted_tokens(300, 20'000));
  EXPECT_EQ(user.store(one, 100), 700u);
  const uint64_t before = user->stats().ram.tokens;
  EXPECT_EQ(user.store(other, 100), 700u);
  EXPECT_EQ(user->stats().ram.tokens - before, 300u);
  EXPECT_EQ(user.restore(other).end, 700u);
  EXPECT_EQ(user.restore(one).end, 700u);
  // Of the range in which they part only what they share is found.
  const auto found = user->find(CacheUser::fingerprint, joined(shared, {-1}), false);
  EXPECT_EQ(found.ranges_end, 400u);
}

TEST_F(CacheTest, StoresNothingTwiceAndNothingWithoutWhatIsInFrontOfIt) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens tokens = counted_tokens(300);
  const auto payload = payload_of({1, 1}, 10);
  const auto range = [&](uint32_t begin, uint32_t end) {
    return user->store_range(CacheUser::fingerprint, std::span(tokens).first(end), begin, payload,
                             {});
  };
  const auto point = [&](uint32_t end) {
    return user->store_point(CacheUser::fingerprint, std::span(tokens).first(end), payload, {});
  };
  EXPECT_FALSE(range(256, 300));
  EXPECT_FALSE(point(10));
  EXPECT_FALSE(range(0, 300));  // across a block's end
  EXPECT_TRUE(range(0, 100));
  EXPECT_FALSE(range(0, 100));
  EXPECT_FALSE(range(0, 256));  // its beginning is there
  EXPECT_FALSE(range(50, 256));
  EXPECT_FALSE(range(101, 256));
  EXPECT_FALSE(range(100, 100));
  EXPECT_TRUE(point(10));
  EXPECT_FALSE(point(10));
  EXPECT_FALSE(point(101));
  EXPECT_FALSE(point(0));
  EXPECT_EQ(user->stats().ram.pieces, 2u);
}

TEST_F(CacheTest, FingerprintsDoNotMeet) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens tokens = counted_tokens(100);
  user.store(tokens);
  EXPECT_EQ(user.found(tokens, {5, 7}), 0u);
  EXPECT_EQ(user.store(tokens, 100, KeepClass::main, {5, 7}), 100u);
  EXPECT_EQ(user->stats().ram.pieces, 2u);
}

TEST_F(CacheTest, NeverHoldsMoreThanItMay) {
  CacheUser user(files_, CacheUser::options(1000));
  for (Token i = 0; i < 50; ++i) {
    EXPECT_EQ(user.store(counted_tokens(10, i * 100), 90 + static_cast<size_t>(i)), 10u);
    EXPECT_LE(user->stats().ram.bytes, 1000u);
    EXPECT_GE(user->stats().ram.bytes, i < 10 ? 0u : 700u);
    EXPECT_EQ(user.metric("anyclaude_kv_bytes{tier=\"ram\"}"), user->stats().ram.bytes);
  }
  EXPECT_EQ(user.store(counted_tokens(10, 9000), 1001), 0u);
  EXPECT_GE(user->stats().ram.bytes, 700u);  // nothing went for what does not fit anyway
  EXPECT_EQ(user.store(counted_tokens(10, 9000), 1000), 10u);
  EXPECT_EQ(user->stats().ram.bytes, 1000u);
  EXPECT_EQ(user->stats().ram.pieces, 1u);
  EXPECT_EQ(user.metric("anyclaude_kv_evictions_total{tier=\"ram\"}"), 50u);
  EXPECT_EQ(user.metric("anyclaude_kv_refusals_total{tier=\"ram\"}"), 1u);
}

TEST_F(CacheTest, HoldsNoMorePiecesThanItMay) {
  auto options = CacheUser::options(plenty);
  options.pieces_max = 5;
  CacheUser user(files_, options);
  for (Token i = 0; i < 20; ++i) EXPECT_EQ(user.store(counted_tokens(10, i * 100), 0), 10u);
  EXPECT_EQ(user->stats().ram.pieces, 5u);
  EXPECT_EQ(user.found(counted_tokens(10, 1900)), 10u);
  EXPECT_EQ(user.found(counted_tokens(10, 1400)), 0u);
}

TEST_F(CacheTest, WhatWasUsedLongestAgoGoesFirstAndEndsBeforeBeginnings) {
  CacheUser user(files_, CacheUser::options(400));
  const Tokens old = counted_tokens(300);  // two pieces
  const Tokens newer = counted_tokens(300, 1000);
  user.store(old);
  user.store(newer);
  user->find(CacheUser::fingerprint, old, true);
  user.store(counted_tokens(10, 5000));
  EXPECT_EQ(user.found(newer), 256u);
  EXPECT_EQ(user.found(old), 300u);
  user.store(counted_tokens(10, 6000));
  EXPECT_EQ(user.found(newer), 0u);
  // A look that is no use changes nothing.
  user.found(old);
  user->find(CacheUser::fingerprint, counted_tokens(10, 5000), true);
  user.store(counted_tokens(10, 7000));
  EXPECT_EQ(user.found(old), 256u);
}

TEST_F(CacheTest, TitlesAndAgentsPushNoConversationOut) {
  CacheUser user(files_, CacheUser::options(1000));
  const Tokens conversation = counted_tokens(800);
  EXPECT_EQ(user.store(conversation, 200), 800u);
  user.now_s += 1000;
  for (Token i = 0; i < 20; ++i) {
    user.store(counted_tokens(10, 10'000 + i * 100), 150, KeepClass::background);
    user.store(counted_tokens(10, 50'000 + i * 100), 150, KeepClass::agent);
    EXPECT_EQ(user.found(conversation), 800u);
  }
  // The last of them is there: agents make room at each other's cost.
  EXPECT_EQ(user.found(counted_tokens(10, 51'900)), 10u);
  // After an hour without use the conversation is no more than an agent's.
  user.now_s += 3600;
  EXPECT_EQ(user.store(counted_tokens(10, 60'000), 900, KeepClass::agent), 10u);
  EXPECT_LT(user.found(conversation), 800u);
}

TEST_F(CacheTest, WhatIsFoundStaysWhileItIsHeld) {
  CacheUser user(files_, CacheUser::options(300));
  const Tokens tokens = counted_tokens(300);
  user.store(tokens);
  user.store_point(tokens);
  auto found = user->find(CacheUser::fingerprint, tokens, false);
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 0u);  // no room
  EXPECT_EQ(user.found(tokens), 300u);
  EXPECT_EQ(user->prune({.unused_since_s = user.now_s + 100}), 0u);
  auto load = user->load(found.prefix, 0, 300, 300, {});
  found = {};
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 0u);
  EXPECT_TRUE(load->next());
  load.reset();
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 10u);
}

TEST_F(CacheTest, PinsEndByTimeOrWord) {
  CacheUser user(files_, CacheUser::options(200));
  const Tokens tokens = counted_tokens(300);
  user.store(tokens);
  user->pin(CacheUser::fingerprint, tokens, 60);
  user.now_s += 59;
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 0u);
  user.now_s += 1;
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 10u);
  EXPECT_EQ(user.found(tokens), 256u);

  user->pin(CacheUser::fingerprint, tokens, 60);
  EXPECT_EQ(user.store(counted_tokens(300, 7000), 50), 300u);  // at the cost of the other
  user->pin(CacheUser::fingerprint, tokens, 30);               // instead of the first
  user.now_s += 31;
  EXPECT_EQ(user.store(counted_tokens(10, 8000), 200), 10u);

  user.store(tokens);
  user->pin(CacheUser::fingerprint, tokens, 100'000);
  EXPECT_EQ(user.store(counted_tokens(10, 8000), 200), 0u);
  user->pin(CacheUser::fingerprint, tokens, 0);
  EXPECT_EQ(user.store(counted_tokens(10, 8000), 200), 10u);

  // No longer than it may.
  user.store(tokens);
  user->pin(CacheUser::fingerprint, tokens, 100'000);
  user.now_s += 600;
  EXPECT_EQ(user.store(counted_tokens(10, 8000), 200), 10u);

  // Nor by a clock that was wrong.
  user.store(tokens);
  user->pin(CacheUser::fingerprint, tokens, 600);
  user.now_s -= 10 * year_s;
  EXPECT_EQ(user.store(counted_tokens(10, 8000), 200), 10u);
}

TEST_F(CacheTest, OnlySoManyPinsAreHeld) {
  auto options = CacheUser::options(300);
  options.pins_max = 2;
  CacheUser user(files_, options);
  for (const Token from : {1000, 2000, 3000}) {
    user.store(counted_tokens(10, from));
    user->pin(CacheUser::fingerprint, counted_tokens(10, from), static_cast<uint32_t>(from / 10));
  }
  EXPECT_EQ(user.store(counted_tokens(10, 4000)), 10u);
  EXPECT_EQ(user.found(counted_tokens(10, 1000)), 0u);
  EXPECT_EQ(user.store(counted_tokens(10, 5000)), 10u);
  EXPECT_EQ(user.found(counted_tokens(10, 4000)), 0u);
  EXPECT_EQ(user.found(counted_tokens(10, 2000)), 10u);
  EXPECT_EQ(user.found(counted_tokens(10, 3000)), 10u);
}

TEST_F(CacheTest, EmptyRangesAndPointsMakeAPrefix) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens tokens = counted_tokens(300);
  ASSERT_TRUE(
      user->store_range(CacheUser::fingerprint, std::span(tokens).first(256), 0, nullptr, {}));
  ASSERT_TRUE(user->store_range(CacheUser::fingerprint, tokens, 256, nullptr, {}));
  ASSERT_TRUE(user.store_point(tokens, 500));
  EXPECT_EQ(user->stats().ram.bytes, 500u);
  EXPECT_EQ(user->stats().ram.tokens, 300u);
  const auto restored = user.restore(tokens, 300, 300, 300);
  EXPECT_EQ(restored.point, 300u);
  EXPECT_FALSE(restored.failed);
}

TEST_F(CacheTest, APointThatIsNotThereFailsTheLoadBehindTheRanges) {
  CacheUser user(files_, CacheUser::options(plenty));
  user.store(counted_tokens(300));
  const auto restored = user.restore(counted_tokens(300), 0, 300, 7);
  EXPECT_EQ(restored.end, 300u);
  EXPECT_TRUE(restored.failed);
  EXPECT_EQ(user.metric("anyclaude_kv_failed_loads_total"), 1u);
}

TEST_F(CacheTest, ListsAConversationInsideOfWhichAnotherParts) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens first = counted_tokens(190);
  const Tokens second = joined(counted_tokens(7), counted_tokens(170, 10'000));
  user.store(first);
  user.now_s += 10;
  user.store(second);
  auto all = user->list();
  ASSERT_EQ(all.size(), 2u);
  // Using the younger is using what it stands on, so both are as new.
  const auto& older = all[0];
  const auto& younger = all[1];
  EXPECT_EQ(older.tokens, 190u);
  EXPECT_EQ(older.bytes, 0u);  // the other one needs it
  EXPECT_EQ(younger.tokens, 177u);
  EXPECT_GT(younger.bytes, 0u);
  EXPECT_GT(younger.bytes_all, younger.bytes);
  // The younger can go without the older, which then stands alone.
  EXPECT_EQ(user->prune({.conversation = older.key}), 0u);
  EXPECT_GT(user->prune({.conversation = younger.key}), 0u);
  EXPECT_EQ(user.found(second), 7u);
  all = user->list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_GT(all[0].bytes, 0u);
  // What goes on at its end is the same conversation.
  user.store(joined(first, counted_tokens(20, 30'000)));
  ASSERT_EQ(user->list().size(), 1u);
  EXPECT_EQ(user->list()[0].tokens, 210u);
}

TEST_F(CacheTest, ListsConversations) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens shared = counted_tokens(256);
  user.store(joined(shared, counted_tokens(100, 10'000)));
  user.now_s += 10;
  user.store(joined(shared, counted_tokens(50, 20'000)));
  user.store_point(joined(shared, counted_tokens(50, 20'000)));
  user->find(CacheUser::fingerprint, joined(shared, counted_tokens(50, 20'000)), true);
  const auto all = user->list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].tokens, 306u);
  EXPECT_EQ(all[0].hits, 1u);
  EXPECT_EQ(all[0].note, "a note");
  EXPECT_EQ(all[0].last_used_s, user.now_s);
  EXPECT_TRUE(all[0].in_ram);
  EXPECT_FALSE(all[0].on_disk);
  EXPECT_GT(all[0].bytes, 200u);
  EXPECT_GT(all[0].bytes_all, all[0].bytes + 100);
  EXPECT_EQ(all[1].tokens, 356u);
  EXPECT_EQ(all[1].hits, 0u);
  EXPECT_EQ(all[1].last_used_s, user.now_s - 10);
}

TEST_F(CacheTest, ShowsBranchesAndPrunesThem) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens shared = counted_tokens(600);
  const Tokens one = joined(shared, counted_tokens(300, 10'000));
  const Tokens other = joined(counted_tokens(700), counted_tokens(50, 20'000));
  user.store(shared);
  user.store(one);
  user.store(other);
  user.store_point(one);
  user.store(counted_tokens(10, 5'000), 100, KeepClass::main, {8, 8});
  auto all = user->branches(100);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].tokens, 600u);
  EXPECT_EQ(all[0].tokens_to_end, 600u);
  EXPECT_FALSE(all[0].parent);
  EXPECT_EQ(all[0].note, "a note");
  EXPECT_EQ(all[0].ram_bytes, 300u);
  EXPECT_EQ(all[0].disk_bytes, 0u);
  EXPECT_EQ(all[1].tokens, 300u);  // with its point it is larger than the other
  EXPECT_EQ(all[1].tokens_to_end, 900u);
  EXPECT_EQ(all[1].parent, all[0].key);
  EXPECT_EQ(all[2].tokens, 150u);
  EXPECT_EQ(all[2].parent, all[0].key);
  EXPECT_GT(all[0].all_bytes, all[1].all_bytes + all[2].all_bytes);
  EXPECT_EQ(all[3].fingerprint, (Fingerprint{8, 8}));

  const auto some = user->branches(2);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[0].key, all[0].key);
  EXPECT_EQ(some[0].below, 1u);
  EXPECT_EQ(some[1].below, 0u);

  EXPECT_EQ(user->prune({.branch = all[1].key}), all[1].ram_bytes);
  EXPECT_EQ(user.found(one), 600u);
  EXPECT_EQ(user.found(other), 750u);
  EXPECT_EQ(user->prune({.branch = PieceKey{1, 2}}), 0u);
  user->prune({.branch = all[0].key});
  EXPECT_EQ(user.found(other), 0u);
  EXPECT_EQ(user->branches(100).size(), 1u);
}

TEST_F(CacheTest, WhatPeopleKeepStaysUntilTheyLetGo) {
  CacheUser user(files_, CacheUser::options(10'000));
  const Tokens kept = counted_tokens(600);
  user.store(kept);
  const PieceKey key = user->branches(1).at(0).key;
  EXPECT_FALSE(user->keep(PieceKey{1, 2}, true));
  ASSERT_TRUE(user->keep(key, true));
  EXPECT_TRUE(user->keep(key, true));
  EXPECT_TRUE(user->branches(1).at(0).kept);
  const auto fill = [&] {
    user.now_s += 10'000;
    for (Token i = 1; i < 60; ++i) user.store(counted_tokens(600, i * 1'000));
  };
  fill();
  EXPECT_EQ(user.found(kept), 600u);
  EXPECT_EQ(user->prune({.branch = key}), 0u);
  EXPECT_TRUE(user->keep(key, false));
  EXPECT_FALSE(user->keep(key, false));
  fill();
  EXPECT_EQ(user.found(kept), 0u);
}

TEST_F(CacheTest, OnlySoMuchIsKept) {
  CacheOptions options = CacheUser::options(40'000);
  options.kept_max = 3;
  CacheUser user(files_, options);
  size_t kept = 0;
  for (Token i = 0; i < 5; ++i) {
    const Tokens tokens = counted_tokens(256, i * 1'000);
    user.store(tokens);
    for (const auto& branch : user->branches(10)) {
      if (!branch.kept && user->keep(branch.key, true)) ++kept;
    }
  }
  EXPECT_EQ(kept, 3u);

  // Those that were kept once and are gone take no place.
  options.kept = {{1, 1}, {2, 2}, {3, 3}};
  CacheUser later(files_, options);
  later.store(counted_tokens(256));
  EXPECT_TRUE(later->keep(later->branches(1).at(0).key, true));

  CacheUser small(files_, CacheUser::options(3'000));
  small.store(counted_tokens(2'560));
  EXPECT_FALSE(small->keep(small->branches(1).at(0).key, true)) << "more than half of the room";
}

TEST_F(CacheTest, PrunesByTimeAndFingerprint) {
  CacheUser user(files_, CacheUser::options(plenty));
  const Tokens shared = counted_tokens(256);
  const Tokens old = joined(shared, counted_tokens(100, 10'000));
  const Tokens recent = joined(shared, counted_tokens(100, 20'000));
  user.store(old);
  user.store(old, 100, KeepClass::main, {8, 8});
  user.now_s += 10;
  user.store(recent);
  EXPECT_EQ(user->prune({}), 0u);
  EXPECT_EQ(user->prune({.unused_since_s = user.now_s - 5, .fingerprint = CacheUser::fingerprint}),
            100u);
  EXPECT_EQ(user.found(old), 256u);
  EXPECT_EQ(user.found(recent), 356u);
  EXPECT_EQ(user.found(old, {8, 8}), 356u);
  EXPECT_EQ(user->prune({.fingerprint = CacheUser::fingerprint}), 200u);
  EXPECT_EQ(user.found(recent), 0u);
  EXPECT_EQ(user->prune({.unused_since_s = user.now_s - 5}), 200u);
  EXPECT_EQ(user->stats().ram.pieces, 0u);
}

}  // namespace
}  // namespace anyclaude
