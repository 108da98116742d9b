// JSON text from strangers, and JSON text for them. The one place that meets broken input: what it
// returns is valid UTF-8 and of bounded depth and size, so that nothing behind it can overflow.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace anyclaude {

using Json = nlohmann::ordered_json;  // keys keep the order in which they were sent

struct JsonLimits {
  size_t depth_max = 200;
  size_t values_max = 1'000'000;  // arrays, objects and their elements
  size_t keys_max = 10'000;       // of one object: lookups are linear
};

// Error::invalid_request says what is wrong and at which byte. Half of a surrogate pair in an escape
// becomes U+FFFD: JavaScript clients cut strings without regard to pairs.
Result<Json> parse_json(std::string text, const JsonLimits& limits);

// Where the first byte that is not UTF-8 stands.
std::optional<size_t> find_invalid_utf8(std::string_view text);

// Appends a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace anyclaude
