// docs/disk-format.md shows real bytes: those that the code writes today.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "kv/disk_index.h"
#include "kv/journal_bytes.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

// As `hexdump -C` prints it, without the repeated lines' star.
std::string dump(const std::vector<uint8_t>& bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 16) {
    const size_t end = std::min(at + 16, bytes.size());
    std::string hex;
    std::string text;
    for (size_t i = at; i < end; ++i) {
      hex += fmt::format("{}{:02x} ", i == at + 8 ? " " : "", bytes[i]);
      const bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7f;
      text += plain ? static_cast<char>(bytes[i]) : '.';
    }
    out += fmt::format("{:08x}  {:<49} |{}|\n", at, hex, text);
  }
  return out + fmt::format("{:08x}\n", bytes.size());
}

std::string document() {
  std::ifstream file(ANYCLAUDE_DOCS "/disk-format.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Example {
  PieceHead head;
  std::vector<uint8_t> payload;
};

Example example() {
  const std::vector<Token> tokens = {1, 4093, 2025};
  Example piece;
  piece.head.fingerprint = {0x0011223344556677, 0x8899aabbccddeeff};
  piece.head.key = piece_key(PieceKind::range, piece.head.fingerprint, 0, tokens);
  piece.head.end = 3;
  piece.head.tokens = tokens;
  piece.head.made_s = 1'700'000'000;
  piece.head.note = "Fix the tests";
  for (uint8_t i = 0; i < 24; ++i) piece.payload.push_back(static_cast<uint8_t>(0xa0 + i));
  piece.head.payload_bytes = piece.payload.size();
  piece.head.payload_checksum = payload_checksum(piece.payload);
  return piece;
}

TEST(DiskFormat, ThePieceOfTheDocumentIsWhatIsWritten) {
  const Example piece = example();
  std::vector<uint8_t> bytes = encode_piece_head(piece.head);
  bytes.insert(bytes.end(), piece.payload.begin(), piece.payload.end());
  EXPECT_NE(document().find("```\n" + dump(bytes) + "```\n"), std::string::npos) << dump(bytes);
  const std::string path =
      to_hex(piece.head.fingerprint) + "/" + print_piece_name(name_of(piece.head));
  EXPECT_NE(document().find(path), std::string::npos) << path;
}

TEST(DiskFormat, TheIndexOfTheDocumentIsWhatIsWritten) {
  DiskIndex index{.day = 19'675, .written_bytes = 161, .pieces = {}};
  index.pieces.push_back({.head = std::make_shared<const PieceHead>(example().head),
                          .last_used_s = 1'700'000'060,
                          .hits = 2});
  const std::string bytes = dump(encode_index(index));
  EXPECT_NE(document().find("```\n" + bytes + "```\n"), std::string::npos) << bytes;
}

TEST(DiskFormat, TheJournalOfTheDocumentIsWhatIsWritten) {
  std::vector<uint8_t> bytes;
  put_journal_head(bytes);
  put_journal_record(bytes, "a", {});
  put_journal_record(bytes, "key", std::vector<uint8_t>{1, 2, 3, 4, 5});
  EXPECT_NE(document().find("```\n" + dump(bytes) + "```\n"), std::string::npos) << dump(bytes);
}

}  // namespace
}  // namespace anyclaude
