// Reading typed fields out of a JSON value, with errors that name their path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/json_text.h"

namespace anyclaude {

// Where a value stands. Lives on the stack, one link a level; printed only when something is wrong.
// The default one is the whole text's and prints as nothing.
struct JsonPath {
  const JsonPath* parent = nullptr;
  std::string_view key;  // empty: `index` counts
  size_t index = 0;

  std::string print() const;
};

// Error::invalid_request "PATH: message".
std::unexpected<Error> fail_at(const JsonPath& path, std::string_view message);

// The member `key` of an object; null where it is absent or null.
Json* find_member(Json& object, std::string_view key);

// Moves the string out. Error when it is absent or no string.
Result<std::string> take_string(Json& object, std::string_view key, const JsonPath& path);
// Empty when it is absent; error when it is no string.
Result<std::string> take_optional_string(Json& object, std::string_view key, const JsonPath& path);
Result<bool> read_bool(Json& object, std::string_view key, bool otherwise, const JsonPath& path);
// Error below the minimum; the maximum above it, for clients ask for more than there is.
Result<std::optional<int32_t>> read_count(Json& object, std::string_view key, int32_t minimum,
                                          int32_t maximum, const JsonPath& path);
Result<std::optional<float>> read_number(Json& object, std::string_view key, float minimum,
                                         float maximum, const JsonPath& path);
// The member `key`, which must be there and be an object.
Result<Json*> find_object(Json& parent, std::string_view key, const JsonPath& path);
// The texts of an array of at most `size_max` strings. Nothing when it is absent.
Result<std::vector<std::string>> take_strings(Json& object, std::string_view key, size_t size_max,
                                              const JsonPath& path);
// A body that is one JSON object.
Result<Json> parse_object(std::string text, const JsonLimits& limits);
// Errors unless the value is an object, or an array of at most `size_max` elements.
Result<void> check_object(const Json& value, const JsonPath& path);
Result<void> check_array(const Json& value, size_t size_max, const JsonPath& path);

}  // namespace anyclaude
