// Strings as JSON has them: UTF-8, quoted and escaped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace anyclaude {

// Where the first byte that is not UTF-8 stands.
std::optional<size_t> find_invalid_utf8(std::string_view text);

// Appends a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace anyclaude
