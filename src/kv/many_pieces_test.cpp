// A folder of many pieces: what a start reads of it, counted. How long that takes is measured by
// the bench (bench/folder.py).
//
// ANYCLAUDE_TEST_PIECES is how many there are (2,000).
#include <gtest/gtest.h>

#include <iostream>

#include "fakes/cache_user.h"
#include "fakes/environment_number.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1ull << 40;
constexpr uint32_t pieces_a_conversation = 10;

uint32_t conversation_count() {
  return static_cast<uint32_t>(environment_number("ANYCLAUDE_TEST_PIECES", 2000)) /
         pieces_a_conversation;
}

Tokens conversation(uint32_t number) {
  return counted_tokens(pieces_a_conversation * block_tokens, static_cast<Token>(number * 10'000));
}

class ManyPieces : public testing::Test {
 protected:
  ManyPieces() : conversations_(conversation_count()) {
    CacheUser user(files_, options());
    for (uint32_t i = 0; i < conversations_; ++i) {
      EXPECT_EQ(user.store(conversation(i), 20), conversation(i).size());
      if (i % 1000 == 999) user->settle();  // the queue is bounded
    }
    user->settle();
    EXPECT_EQ(user->stats().disk.pieces, pieces());
  }

  uint64_t pieces() const { return uint64_t{conversations_} * pieces_a_conversation; }
  static CacheOptions options() { return CacheUser::options(1 << 20, plenty); }
  bool all_found(CacheUser& user) const {
    for (uint32_t i = 0; i < conversations_; ++i) {
      if (user.found(conversation(i)) != conversation(i).size()) return false;
    }
    return true;
  }

  FaultyFiles files_;
  const uint32_t conversations_;
};

TEST_F(ManyPieces, AreFoundThroughTheSnapshotWithoutOpeningOne) {
  const uint64_t opened = files_.calls(DiskCall::open);
  CacheUser user(files_, options());
  const Tokens last = conversation(conversations_ - 1);
  while (user->stats().disk.pieces < pieces()) EXPECT_LE(user.found(last), last.size());
  EXPECT_TRUE(all_found(user));
  user->settle();
  EXPECT_TRUE(all_found(user));
  EXPECT_EQ(files_.calls(DiskCall::open) - opened, 1u);  // the snapshot
  EXPECT_EQ(user.restore(last).end, last.size());
}

TEST_F(ManyPieces, AreReadOnceEachWhereTheSnapshotIsLost) {
  ASSERT_TRUE(files_.remove("/cache/index"));
  const uint64_t opened = files_.calls(DiskCall::open);
  files_.hold(DiskCall::read);  // in the middle of the first one's head
  CacheUser user(files_, options());
  const Tokens other = counted_tokens(500, -1'000'000);
  EXPECT_EQ(user.found(other), 0u);
  EXPECT_EQ(user.store(other), 500u);  // nobody waits
  EXPECT_EQ(user.found_in_ram(other), 500u);
  EXPECT_EQ(user.restore(other).end, 500u);
  files_.release(DiskCall::read);
  user->settle();
  EXPECT_TRUE(all_found(user));
  // Each once, with the snapshot that is not there, and the two new ones written.
  EXPECT_EQ(files_.calls(DiskCall::open) - opened, pieces() + 1 + 2);
  EXPECT_EQ(user->stats().disk.pieces, pieces() + 2);
  user.close();
  EXPECT_TRUE(files_.exists("/cache/index"));
}

}  // namespace
}  // namespace anyclaude
