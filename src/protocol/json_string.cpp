#include "protocol/json_string.h"

#include <fmt/format.h>

#include <algorithm>
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

bool eight_ascii(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return (word & 0x8080808080808080ull) == 0;
}

}  // namespace

std::optional<size_t> find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && eight_ascii(text.data() + i)) {
      i += 8;
      continue;
    }
    const size_t bytes = character_bytes(text, i);
    if (bytes == 0) return i;
    i += bytes;
  }
  return std::nullopt;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  size_t copied = 0;  // everything before it is in `out`
  const auto replace = [&](size_t at, size_t bytes, std::string_view by) {
    out.append(text, copied, at - copied);
    out += by;
    copied = at + bytes;
  };
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const size_t bytes = character_bytes(text, i);
    if (bytes == 0) {
      replace(i, 1, replacement);
    } else if (c == '"') {
      replace(i, 1, "\\\"");
    } else if (c == '\\') {
      replace(i, 1, "\\\\");
    } else if (c == '\n') {
      replace(i, 1, "\\n");
    } else if (static_cast<uint8_t>(c) < 0x20) {
      replace(i, 1, fmt::format("\\u{:04x}", static_cast<int>(c)));
    }
    i += std::max<size_t>(bytes, 1);
  }
  out.append(text, copied);
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

}  // namespace anyclaude
