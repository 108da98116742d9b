// Strings as JSON has them: UTF-8, quoted and escaped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace anyclaude {

// Where the first byte that is not UTF-8 stands.
std::optional<size_t> find_invalid_utf8(std::string_view text);

// The first byte from `at` on that a JSON string cannot hold as it is: a quote, a backslash, a
// control character; the text's size where there is none.
size_t find_json_special(std::string_view text, size_t at);

// Appends a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace anyclaude
