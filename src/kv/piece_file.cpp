#include "kv/piece_file.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/bytes.h"
#include "kv/little_endian.h"

namespace anyclaude {
namespace {

constexpr std::string_view magic = "ANYKVPCE";
constexpr size_t fixed_bytes = 104;  // in front of tokens and note
constexpr size_t checksum_bytes = sizeof(uint64_t);
constexpr uint8_t imported_flag = 1;

std::unexpected<Error> damaged(const char* what) {
  return fail(Error::Kind::io, std::string("not a piece: ") + what);
}

}  // namespace

Result<void> check_piece_head(const PieceHead& head) {
  const auto wrong = [](const char* what) -> Result<void> { return damaged(what); };
  if (head.note.size() > piece_note_bytes_max) return wrong("the note is too long");
  if (head.payload_bytes > piece_payload_bytes_max) return wrong("the payload is too long");
  if (head.key == PieceKey{}) return wrong("it has no key");
  if (head.key == head.parent) return wrong("it is its own parent");
  switch (head.kind) {
    case PieceKind::range:
      if (head.begin >= head.end) return wrong("it has no tokens");
      if (head.begin / block_tokens != (head.end - 1) / block_tokens) {
        return wrong("it crosses the end of a block");
      }
      if (head.tokens.size() != head.end - head.begin) return wrong("tokens are missing");
      if ((head.parent == PieceKey{}) != (head.begin == 0)) return wrong("its parent is missing");
      return {};
    case PieceKind::point:
      if (head.begin != head.end || head.end == 0) return wrong("it is no point");
      if (!head.tokens.empty()) return wrong("a point has no tokens of its own");
      if (head.parent == PieceKey{}) return wrong("its parent is missing");
      return {};
  }
  return wrong("it is of no known kind");
}

size_t piece_head_bytes(const PieceHead& head) {
  return fixed_bytes + sizeof(Token) * head.tokens.size() + head.note.size() + checksum_bytes;
}

uint64_t piece_file_bytes(const PieceHead& head) {
  return piece_head_bytes(head) + head.payload_bytes;
}

std::vector<uint8_t> encode_piece_head(const PieceHead& head) {
  assert(check_piece_head(head));
  std::vector<uint8_t> out;
  out.reserve(piece_head_bytes(head));
  put(out, bytes_of(magic));
  put(out, piece_format);
  put(out, static_cast<uint32_t>(piece_head_bytes(head)));
  put(out, static_cast<uint8_t>(head.kind));
  put(out, head.imported ? imported_flag : uint8_t{0});
  put(out, static_cast<uint16_t>(head.note.size()));
  put(out, head.begin);
  put(out, head.end);
  put(out, static_cast<uint32_t>(head.tokens.size()));
  put(out, head.fingerprint);
  put(out, head.key);
  put(out, head.parent);
  put(out, head.payload_bytes);
  put(out, head.payload_checksum);
  put(out, static_cast<uint64_t>(head.made_s));
  assert(out.size() == fixed_bytes);
  for (const Token token : head.tokens) put(out, static_cast<uint32_t>(token));
  put(out, bytes_of(head.note));
  put(out, XXH3_64bits(out.data(), out.size()));
  return out;
}

Result<PieceHead> parse_piece_head(std::span<const uint8_t> first) {
  ByteReader reader(first);
  const auto mark = reader.get_bytes(magic.size());
  if (!std::ranges::equal(mark, bytes_of(magic))) return damaged("it does not begin as one");
  // Where the version stands is fixed for ever; what follows is not.
  const auto version = reader.get<uint32_t>();
  if (!reader.ok()) return damaged("it is too short");
  if (version != piece_format) {
    return fail(Error::Kind::not_found, "a piece of another version of the program");
  }
  const auto head_bytes = reader.get<uint32_t>();
  PieceHead head;
  const auto kind = reader.get<uint8_t>();
  const auto flags = reader.get<uint8_t>();
  const auto note_bytes = reader.get<uint16_t>();
  head.kind = static_cast<PieceKind>(kind);
  head.begin = reader.get<uint32_t>();
  head.end = reader.get<uint32_t>();
  const auto token_count = reader.get<uint32_t>();
  head.fingerprint = get_hash(reader);
  head.key = get_hash(reader);
  head.parent = get_hash(reader);
  head.payload_bytes = reader.get<uint64_t>();
  head.payload_checksum = reader.get<uint64_t>();
  head.made_s = static_cast<int64_t>(reader.get<uint64_t>());
  if (!reader.ok()) return damaged("it is too short");
  if (token_count > block_tokens || note_bytes > piece_note_bytes_max ||
      head_bytes != fixed_bytes + sizeof(Token) * token_count + note_bytes + checksum_bytes ||
      head_bytes > first.size()) {
    return damaged("its lengths are wrong");
  }
  const size_t covered = head_bytes - checksum_bytes;
  if (ByteReader(first.subspan(covered)).get<uint64_t>() != XXH3_64bits(first.data(), covered)) {
    return damaged("the head's checksum is wrong");
  }
  if (flags > imported_flag) return damaged("it has unknown flags");
  head.imported = flags == imported_flag;
  head.tokens.reserve(token_count);
  for (uint32_t i = 0; i < token_count; ++i) {
    head.tokens.push_back(static_cast<Token>(reader.get<uint32_t>()));
  }
  const auto note = reader.get_bytes(note_bytes);
  head.note.assign(note.begin(), note.end());
  TRY_VOID(check_piece_head(head));
  return head;
}

uint64_t payload_checksum(std::span<const uint8_t> payload) {
  return XXH3_64bits(payload.data(), payload.size());
}

std::string print_piece_name(const PieceName& name) {
  return to_hex(name.key) + (name.kind == PieceKind::range ? ".range" : ".point");
}

std::optional<PieceName> parse_piece_name(std::string_view text) {
  constexpr size_t digits = 32;
  if (text.size() < digits) return std::nullopt;
  const auto key = parse_hash(text.substr(0, digits));
  if (!key) return std::nullopt;
  for (const PieceKind kind : {PieceKind::range, PieceKind::point}) {
    const PieceName name{.kind = kind, .key = *key};
    if (print_piece_name(name) == text) return name;
  }
  return std::nullopt;
}

}  // namespace anyclaude
