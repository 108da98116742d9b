// What a mean hand does to the file of a piece: any field to any value, and the checksums right
// again afterwards, so that the parser itself must refuse it. Places as docs/disk-format.md has
// them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kv/little_endian.h"
#include "kv/piece_file.h"

namespace anyclaude {

struct PieceField {
  const char* name;
  size_t at;
  size_t bytes;
};
// Of the head, in front of the tokens; without the magic and the version.
inline constexpr PieceField piece_fields[] = {
    {"head bytes", 12, 4},      {"kind", 16, 1},         {"flags", 17, 1},
    {"note bytes", 18, 2},      {"begin", 20, 4},        {"end", 24, 4},
    {"tokens", 28, 4},          {"fingerprint", 32, 16}, {"key", 48, 16},
    {"parent", 64, 16},         {"payload", 80, 8},      {"payload sum", 88, 8},
    {"when it was made", 96, 8}};
inline constexpr size_t piece_version_at = 8;
inline constexpr size_t piece_checksum_at = 88;  // of the payload
inline constexpr size_t piece_tokens_at = 104;

inline uint64_t number_at(const std::vector<uint8_t>& file, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{file[at + i]} << (8 * i);
  return value;
}

inline void set_number(std::vector<uint8_t>& file, size_t at, size_t bytes, uint64_t value) {
  for (size_t i = 0; i < bytes; ++i) file[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

// The checksum of the head right again, wherever the head says that it ends.
inline void repair_head(std::vector<uint8_t>& file) {
  const uint64_t head_bytes = number_at(file, 12, 4);
  if (head_bytes < 8 || head_bytes > file.size()) return;
  const size_t covered = head_bytes - 8;
  set_number(file, covered, 8, payload_checksum(std::span(file).first(covered)));
}

// And that of the payload, where there is one.
inline void repair_all(std::vector<uint8_t>& file) {
  const uint64_t head_bytes = number_at(file, 12, 4);
  if (head_bytes <= file.size()) {
    set_number(file, piece_checksum_at, 8, payload_checksum(std::span(file).subspan(head_bytes)));
  }
  repair_head(file);
}

// Numbers that have broken parsers: the ends of types, near what is there, and any.
inline uint64_t mean_number(std::mt19937_64& random, uint64_t now, size_t bytes) {
  const uint64_t most = bytes >= 8 ? UINT64_MAX : (uint64_t{1} << (8 * bytes)) - 1;
  const uint64_t choices[] = {
      0,          1,        most,           most - 1,  most / 2,   most / 2 + 1,
      now + 1,    now - 1,  now * 2,        now + 256, now ^ 0x80, block_tokens + 1,
      1ull << 40, random(), random() % 4096};
  return choices[random() % std::size(choices)] & most;
}

// One field of the head changed to something else, and the checksum right.
inline std::string change_field(std::vector<uint8_t>& file, std::mt19937_64& random) {
  const PieceField& field = piece_fields[random() % std::size(piece_fields)];
  const size_t bytes = std::min<size_t>(field.bytes, 8);
  const size_t at = field.at + (field.bytes > 8 && random() % 2 == 0 ? 8 : 0);
  const uint64_t now = number_at(file, at, bytes);
  uint64_t other = now;
  while (other == now) other = mean_number(random, now, bytes);
  set_number(file, at, bytes, other);
  repair_head(file);
  return field.name;
}

// A file that is damaged as disks and copies damage it, no checksum repaired.
inline std::string damage(std::vector<uint8_t>& file, std::mt19937_64& random) {
  const size_t at = random() % file.size();
  switch (random() % 4) {
    case 0:
      file.resize(at);
      return "cut";
    case 1:
      file[at] ^= static_cast<uint8_t>(1u << random() % 8);
      return "a bit";
    case 2:
      file.insert(file.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(random()));
      return "a byte more";
    default:
      std::fill(file.begin() + static_cast<ptrdiff_t>(at), file.end(), uint8_t{0});
      return "zeros";
  }
}

}  // namespace anyclaude
