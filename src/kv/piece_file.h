// The bytes of a stored piece: a head that can be read alone, and behind it the payload
// (docs/disk-format.md). Pure functions; nothing that is parsed is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kv/block.h"

namespace anyclaude {

constexpr uint32_t piece_format = 1;
constexpr size_t piece_note_bytes_max = 200;
constexpr uint64_t piece_payload_bytes_max = 1ull << 40;
// As many of a file's first bytes as its head can have.
constexpr size_t piece_head_bytes_max = 112 + sizeof(Token) * block_tokens + piece_note_bytes_max;

// Whether the numbers of a head fit each other: only such heads are written or read.
Result<void> check_piece_head(const PieceHead& head);

// How long the head will be, and the whole file.
size_t piece_head_bytes(const PieceHead& head);
uint64_t piece_file_bytes(const PieceHead& head);

// `head` must pass check_piece_head.
std::vector<uint8_t> encode_piece_head(const PieceHead& head);

// `first`: the first piece_head_bytes_max bytes of a file, or all there are. Whether the file is as
// long as the head says, and the payload's checksum, are the reader's to compare. Errors: not_found
// where the file is of another version of the format, io where it is not what its lengths and its
// checksum say.
Result<PieceHead> parse_piece_head(std::span<const uint8_t> first);

uint64_t payload_checksum(std::span<const uint8_t> payload);

// KEY.range or KEY.point; the names of folders are fingerprints.
struct PieceName {
  PieceKind kind = PieceKind::range;
  PieceKey key;
  bool operator==(const PieceName&) const = default;
};
inline PieceName name_of(const PieceHead& head) { return {.kind = head.kind, .key = head.key}; }
std::string print_piece_name(const PieceName& name);
std::optional<PieceName> parse_piece_name(std::string_view text);

}  // namespace anyclaude
