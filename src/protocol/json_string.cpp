#include "protocol/json_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace anyclaude {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// How many bytes the UTF-8 character at `at` has; 0: none is there.
size_t character_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + size > text.size()) return 0;
  // Overlong forms, surrogates and code points beyond U+10FFFF show in the second byte.
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

// Eight bytes at once: in the results the high bit of a byte tells of it. A byte above one that is
// found may be told wrongly, so callers look again, byte by byte.
constexpr uint64_t each_byte = 0x0101010101010101ull;
constexpr uint64_t high_bits = 0x80 * each_byte;

uint64_t load_eight(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

uint64_t bytes_below(uint64_t word, uint8_t limit) {
  return (word - limit * each_byte) & ~word & high_bits;
}

uint64_t bytes_equal(uint64_t word, char byte) {
  return bytes_below(word ^ (static_cast<uint8_t>(byte) * each_byte), 1);
}

bool is_special(char c) { return c == '"' || c == '\\' || static_cast<uint8_t>(c) < 0x20; }

std::string with_replacements(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = character_bytes(text, at);
    out += bytes == 0 ? replacement : text.substr(at, bytes);
    at += std::max<size_t>(bytes, 1);
  }
  return out;
}

}  // namespace

std::optional<size_t> find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (i + 32 <= text.size() &&
        ((load_eight(text.data() + i) | load_eight(text.data() + i + 8) |
          load_eight(text.data() + i + 16) | load_eight(text.data() + i + 24)) &
         high_bits) == 0) {
      i += 32;
      continue;
    }
    if (i + 8 <= text.size() && (load_eight(text.data() + i) & high_bits) == 0) {
      i += 8;
      continue;
    }
    const size_t bytes = character_bytes(text, i);
    if (bytes == 0) return i;
    i += bytes;
  }
  return std::nullopt;
}

size_t find_json_special(std::string_view text, size_t at) {
  for (; at + 8 <= text.size(); at += 8) {
    const uint64_t word = load_eight(text.data() + at);
    const uint64_t found =
        bytes_below(word, 0x20) | bytes_equal(word, '"') | bytes_equal(word, '\\');
    if (!found) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return at + static_cast<size_t>(std::countr_zero(found)) / 8;  // the lowest is told rightly
  }
  while (at < text.size() && !is_special(text[at])) ++at;
  return at;
}

void append_json_string(std::string& out, std::string_view text) {
  if (find_invalid_utf8(text)) return append_json_string(out, with_replacements(text));
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const size_t end = find_json_special(text, at);
    out.append(text, at, end - at);
    at = end + 1;
    if (end == text.size()) break;
    const char c = text[end];
    if (c == '"') {
      out += "\\\"";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    }
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

}  // namespace anyclaude
