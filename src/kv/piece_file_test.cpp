#include "kv/piece_file.h"

#include <gtest/gtest.h>

#include <random>

#include "fakes/pieces.h"

namespace anyclaude {
namespace {

std::vector<uint8_t> encode_file(const TestPiece& piece) {
  std::vector<uint8_t> bytes = encode_piece_head(piece.head);
  bytes.insert(bytes.end(), piece.payload->begin(), piece.payload->end());
  return bytes;
}

Result<PieceHead> parse_file(const std::vector<uint8_t>& bytes) {
  const size_t first = std::min(bytes.size(), piece_head_bytes_max);
  return parse_piece_head(std::span(bytes).first(first));
}

std::vector<TestPiece> samples() {
  std::vector<TestPiece> pieces = make_conversation(1, 3);
  std::vector<Token> long_prefix(2 * block_tokens, -5);
  pieces.push_back(make_piece(PieceKind::range, {1, 2}, {3, 4}, long_prefix, block_tokens, 0));
  pieces.back().head.note = std::string(piece_note_bytes_max, 'n');
  pieces.back().head.imported = true;
  pieces.back().head.made_s = -1;
  return pieces;
}

TEST(PieceFile, GivesBackEveryField) {
  for (const TestPiece& piece : samples()) {
    const auto bytes = encode_file(piece);
    EXPECT_EQ(bytes.size(), piece_file_bytes(piece.head));
    EXPECT_EQ(encode_piece_head(piece.head).size(), piece_head_bytes(piece.head));
    EXPECT_EQ(parse_file(bytes).value(), piece.head);
  }
}

TEST(PieceFile, TheLongestHeadFillsWhatIsReadForIt) {
  EXPECT_EQ(piece_head_bytes(samples().back().head), piece_head_bytes_max);
}

// What a reader does with a file: the head, the lengths, the payload's checksum.
bool verifies(const std::vector<uint8_t>& bytes) {
  const auto head = parse_file(bytes);
  return head && piece_file_bytes(*head) == bytes.size() &&
         payload_checksum(std::span(bytes).subspan(piece_head_bytes(*head))) ==
             head->payload_checksum;
}

TEST(PieceFile, NoHalfHeadIsBelieved) {
  for (const TestPiece& piece : samples()) {
    const auto bytes = encode_file(piece);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const std::vector<uint8_t> half(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_EQ(parse_file(half).has_value(), size >= piece_head_bytes(piece.head));
      EXPECT_FALSE(verifies(half));
    }
  }
}

TEST(PieceFile, AThousandDamagesAreAllRefused) {
  std::mt19937_64 random(1);
  const std::vector<TestPiece> pieces = samples();
  for (int i = 0; i < 1000; ++i) {
    const auto whole = encode_file(pieces[random() % pieces.size()]);
    ASSERT_TRUE(verifies(whole));
    auto bytes = whole;
    const size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes[at] ^= static_cast<uint8_t>(1u << random() % 8);
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(random()));
        break;
      case 3:
        bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at));
        break;
      default:  // a page of zeros, as a crash leaves them
        std::fill(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end(), 0);
        break;
    }
    EXPECT_TRUE(bytes == whole || !verifies(bytes)) << "damage " << i << " at " << at;
  }
}

TEST(PieceFile, AnotherVersionIsRecognisedWhateverFollows) {
  auto bytes = encode_file(samples().front());
  bytes[8] = 9;
  bytes.resize(12);
  EXPECT_EQ(parse_file(bytes).error().kind, Error::Kind::not_found);
  bytes[0] = 'X';
  EXPECT_EQ(parse_file(bytes).error().kind, Error::Kind::io);
}

// With a right checksum, as nobody but the program itself or somebody who means it writes them.
TEST(PieceFile, HeadsThatContradictThemselvesAreRefused) {
  const PieceHead range = samples()[1].head;
  const PieceHead point = samples()[3].head;
  ASSERT_TRUE(check_piece_head(range));
  ASSERT_TRUE(check_piece_head(point));
  const auto refused = [](PieceHead head, const auto& change) {
    change(head);
    return !check_piece_head(head);
  };
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.end = head.begin; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.tokens.pop_back(); }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.parent = {}; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.parent = head.key; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.key = {}; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.begin = 0, head.end = 16; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.begin = 250, head.end = 266; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.note = std::string(201, 'n'); }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.payload_bytes = UINT64_MAX; }));
  EXPECT_TRUE(refused(range, [](PieceHead& head) { head.kind = static_cast<PieceKind>(3); }));
  EXPECT_TRUE(refused(point, [](PieceHead& head) { head.begin -= 1; }));
  EXPECT_TRUE(refused(point, [](PieceHead& head) { head.tokens.push_back(1); }));
  EXPECT_TRUE(refused(point, [](PieceHead& head) { head.parent = {}; }));
  EXPECT_TRUE(refused(point, [](PieceHead& head) { head.begin = head.end = 0; }));
}

TEST(PieceName, IsWhatWasPrintedAndNothingElse) {
  const PieceName name{.kind = PieceKind::point, .key = {0x0123456789abcdef, 1}};
  EXPECT_EQ(print_piece_name(name), "0123456789abcdef0000000000000001.point");
  EXPECT_EQ(parse_piece_name("0123456789abcdef0000000000000001.point"), name);
  EXPECT_EQ(parse_hash(to_hex(name.key)), name.key);
  for (const char* wrong :
       {"", "0123456789abcdef0000000000000001", "0123456789ABCDEF0000000000000001.point",
        "0123456789abcdef0000000000000001.points", "0123456789abcdef0000000000000001.point.tmp",
        "0123456789abcdef000000000000001.point", "x123456789abcdef0000000000000001.range"}) {
    EXPECT_FALSE(parse_piece_name(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace anyclaude
