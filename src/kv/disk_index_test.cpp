#include "kv/disk_index.h"

#include <gtest/gtest.h>

#include <random>

#include "fakes/pieces.h"

namespace anyclaude {
namespace {

DiskIndex sample() {
  DiskIndex index{.day = 19'675, .written_bytes = 1234, .pieces = {}};
  for (const TestPiece& piece : make_conversation(1, 4)) {
    index.pieces.push_back({.head = std::make_shared<const PieceHead>(piece.head),
                            .last_used_s = 1'700'000'000 + piece.head.begin,
                            .hits = piece.head.end});
  }
  return index;
}

TEST(DiskIndex, GivesBackEveryField) {
  const DiskIndex index = sample();
  const DiskIndex again = parse_index(encode_index(index)).value();
  EXPECT_EQ(again.day, index.day);
  EXPECT_EQ(again.written_bytes, index.written_bytes);
  ASSERT_EQ(again.pieces.size(), index.pieces.size());
  for (size_t i = 0; i < index.pieces.size(); ++i) {
    EXPECT_EQ(*again.pieces[i].head, *index.pieces[i].head);
    EXPECT_EQ(again.pieces[i].last_used_s, index.pieces[i].last_used_s);
    EXPECT_EQ(again.pieces[i].hits, index.pieces[i].hits);
  }
  EXPECT_TRUE(parse_index(encode_index({})).value().pieces.empty());
}

TEST(DiskIndex, IsBelievedWholeOrNotAtAll) {
  const auto whole = encode_index(sample());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_index(std::span(whole).first(size))) << size;
  }
  auto longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_index(longer));
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    auto bytes = whole;
    bytes[random() % bytes.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    EXPECT_FALSE(parse_index(bytes));
  }
}

TEST(DiskIndex, AnotherVersionIsNoDamage) {
  auto bytes = encode_index(sample());
  bytes[8] += 1;
  EXPECT_EQ(parse_index(bytes).error().kind, Error::Kind::not_found);
  bytes[8] -= 1;
  bytes[12] += 1;  // of the pieces in it
  EXPECT_EQ(parse_index(bytes).error().kind, Error::Kind::not_found);
}

}  // namespace
}  // namespace anyclaude
