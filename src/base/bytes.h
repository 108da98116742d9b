// Text as the bytes that files and hashes are made of.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace anyclaude {

// Valid as long as the text is.
inline std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace anyclaude
