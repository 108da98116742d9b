#include "kv/disk_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "fakes/pieces.h"

namespace anyclaude {
namespace {

PieceRecord record_of(const TestPiece& piece) {
  return {.head = std::make_shared<const PieceHead>(piece.head)};
}

bool spare_none(const PieceHead&) { return false; }

TEST(DiskTable, LetsInParentsBeforeChildrenInWhateverOrderTheyCome) {
  std::vector<TestPiece> pieces;
  for (uint32_t i = 0; i < 5; ++i) {
    const auto more = make_conversation(i, 20);
    pieces.insert(pieces.end(), more.begin(), more.end());
  }
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    std::ranges::shuffle(pieces, random);
    DiskTable table;
    std::set<PieceKey> known = {PieceKey{}};
    for (const TestPiece& piece : pieces) {
      for (const PieceRecord& found : table.admit(record_of(piece), 1)) {
        EXPECT_TRUE(known.contains(found.head->parent));
        EXPECT_TRUE(known.insert(found.head->key).second);
      }
    }
    EXPECT_EQ(known.size(), pieces.size() + 1);
    EXPECT_EQ(table.size(), pieces.size());
    EXPECT_TRUE(table.sort_waiting(1).orphans.empty());
  }
}

TEST(DiskTable, CountsTheBytesOfWhatIsIn) {
  const auto pieces = make_conversation(1, 2);
  DiskTable table;
  table.admit(record_of(pieces[1]), 1);  // waits
  EXPECT_EQ(table.bytes(), 0u);
  table.admit(record_of(pieces[0]), 1);
  EXPECT_EQ(table.bytes(), piece_file_bytes(pieces[0].head) + piece_file_bytes(pieces[1].head));
  table.erase(pieces[1].head.key);
  table.erase(pieces[1].head.key);
  EXPECT_EQ(table.bytes(), piece_file_bytes(pieces[0].head));
}

TEST(DiskTable, AParentMustHoldTheTokenInFront) {
  const auto pieces = make_conversation(1, 3);
  const auto with_parent = [&](TestPiece piece, const TestPiece& parent) {
    piece.head.parent = parent.head.key;
    return record_of(piece);
  };
  DiskTable table;
  table.admit(record_of(pieces[0]), 1);
  EXPECT_TRUE(table.admit(with_parent(pieces[2], pieces[0]), 1).empty());  // a gap
  EXPECT_FALSE(table.admit(record_of(pieces[1]), 1).empty());
  EXPECT_FALSE(table.admit(record_of(pieces[2]), 1).empty());
  EXPECT_FALSE(table.admit(record_of(pieces[3]), 1).empty());
  TestPiece other = make_conversation(2, 1)[0];
  other.head.begin = other.head.end = 48;
  other.head.kind = PieceKind::point;
  EXPECT_TRUE(table.admit(with_parent(other, pieces[3]), 1).empty());  // behind a point
  other.head.fingerprint = {1, 2};
  EXPECT_TRUE(table.admit(with_parent(other, pieces[2]), 1).empty());  // another model's
  EXPECT_EQ(table.sort_waiting(1).orphans.size(), 2u);  // the gap's came in with another parent
}

TEST(DiskTable, APassTakesOutWhatItHasNotSeen) {
  const auto pieces = make_conversation(1, 4);
  DiskTable table;
  for (const TestPiece& piece : pieces) table.admit(record_of(piece), 1);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i != 1) table.find(pieces[i].head.key)->seen_in = 2;
  }
  EXPECT_TRUE(table.take_unseen(2, [](const PieceHead&) { return true; }).empty());
  const auto lost = table.take_unseen(2, spare_none);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].head->key, pieces[1].head.key);
  const auto sorted = table.sort_waiting(2);
  EXPECT_EQ(sorted.left_orphaned.size(), 3u);
  EXPECT_EQ(table.size(), 1u);
}

TEST(DiskTable, WhatIsStoredMayBeWithoutAParentAndUnseen) {
  const auto pieces = make_conversation(1, 2);
  DiskTable table;
  table.add({.piece = record_of(pieces[1]), .payload = pieces[1].payload, .ticket = 1});
  EXPECT_TRUE(table.take_unseen(2, spare_none).empty());  // not written yet
  EXPECT_TRUE(table.sort_waiting(2).left_orphaned.empty());
  EXPECT_TRUE(table.written().empty());
  table.find(pieces[1].head.key)->payload = nullptr;
  EXPECT_EQ(table.written().size(), 1u);
}

TEST(DiskTable, WhoWaitsForWhatWasStoredIsLetInAtTheEndOfThePass) {
  const auto pieces = make_conversation(1, 2);
  DiskTable table;
  EXPECT_TRUE(table.admit(record_of(pieces[2]), 1).empty());
  EXPECT_TRUE(table.admit(record_of(pieces[1]), 1).empty());
  table.add({.piece = record_of(pieces[0]), .payload = pieces[0].payload, .ticket = 1});
  const auto sorted = table.sort_waiting(1);
  ASSERT_EQ(sorted.found.size(), 2u);
  EXPECT_EQ(sorted.found[0].head->key, pieces[1].head.key);
  EXPECT_TRUE(sorted.orphans.empty());
  EXPECT_TRUE(table.sort_waiting(1).found.empty());
}

}  // namespace
}  // namespace anyclaude
