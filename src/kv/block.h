// What the cache keeps. A prompt's computed state is stored in pieces of two kinds:
//
//   range   the state of the tokens [begin, end), one entry a token (attention's K and V). It can
//           be used in part: up to any token of it. Empty where a model keeps no such state; the
//           piece then only says which tokens stand there.
//   point   the state after `end` tokens that stands for itself and cannot be cut: the windows of
//           sliding-window layers, a recurrent state, or a whole sequence of a model that allows
//           nothing else.
//
// Ranges form a tree: a range begins behind a token of its parent, mostly the last one, and where
// conversations part in the middle of a range, behind an inner one. So every token is stored once.
// A range never crosses a multiple of block_tokens. Points hang on the range that holds the last
// of their tokens.
//
// Pure values; no I/O.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

using Token = int32_t;  // llama_token

constexpr uint32_t block_tokens = 256;

// XXH3's 128 bits. Finds; never proves: the tokens of every hit are compared.
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Hash128&) const = default;
};
Hash128 hash128(std::span<const uint8_t> bytes);
std::string to_hex(const Hash128& hash);                   // 32 digits
std::optional<Hash128> parse_hash(std::string_view text);  // of these

// Of everything that a piece's bytes depend on (model, K/V types, rope ...), and of the salt of the
// keys that may share it. Pieces of different fingerprints never meet.
using Fingerprint = Hash128;
// The same state for others, who must not meet the first; without a salt the fingerprint itself.
Fingerprint salted(const Fingerprint& fingerprint, std::string_view salt);

enum class PieceKind : uint8_t { range = 1, point = 2 };

// The name of a piece: a hash of fingerprint, kind and all tokens up to its end, and of its begin.
// The same prefix cut the same way has the same names in every process and on every machine.
using PieceKey = Hash128;

// Who stores or uses a prefix; background is thrown out first.
enum class KeepClass : uint8_t { main = 0, agent = 1, background = 2 };

using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

// All of a piece but its payload.
struct PieceHead {
  PieceKind kind = PieceKind::range;
  Fingerprint fingerprint;
  PieceKey key;
  // range: the range that holds token begin - 1; zero where begin == 0.
  // point: the range that holds token end - 1.
  PieceKey parent;
  uint32_t begin = 0;  // point: == end
  uint32_t end = 0;
  std::vector<Token> tokens;  // [begin, end); none for a point
  uint64_t payload_bytes = 0;
  uint64_t payload_checksum = 0;  // XXH3_64bits of the payload
  int64_t made_s = 0;             // Unix time
  bool imported = false;          // came from a file of somebody else's
  std::string note;               // for people: the first words of the conversation; <= 200 bytes
  bool operator==(const PieceHead&) const = default;
};
// Shared by all that know the piece: most of a head are its tokens.
using HeadPtr = std::shared_ptr<const PieceHead>;

// What is known of a piece that is stored on the disk.
struct PieceRecord {
  HeadPtr head;
  int64_t last_used_s = 0;  // Unix time
  uint32_t hits = 0;
};

// `prefix`: all tokens from 0 to the piece's end.
PieceKey piece_key(PieceKind kind, const Fingerprint& fingerprint, uint32_t begin,
                   std::span<const Token> prefix);

}  // namespace anyclaude

template <>
struct std::hash<anyclaude::Hash128> {
  size_t operator()(const anyclaude::Hash128& value) const noexcept { return value.low; }
};
