// The quick way from JSON text to values, several times as fast as the library's parser: requests
// of a hundred kilobytes and more are mostly long strings, which it takes in long pieces.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/json_limits.h"
#include "protocol/json_text.h"

namespace anyclaude {

// What Json::parse would make of the text, with U+FFFD for half a surrogate pair. Nothing where the
// text is no JSON, goes beyond the limits or has something rare (numbers of many digits): whoever
// wants to know what is wrong asks the library. `text` is UTF-8 (find_invalid_utf8).
std::optional<Json> read_json_quickly(std::string_view text, const JsonLimits& limits);

}  // namespace anyclaude
