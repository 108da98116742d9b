// JSON text from strangers. The one place that meets broken input: what it returns is valid UTF-8
// and of bounded depth and size, so that nothing behind it can overflow.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "protocol/json_limits.h"

namespace anyclaude {

using Json = nlohmann::ordered_json;  // keys keep the order in which they were sent

// Error::invalid_request says what is wrong and at which byte. Half a surrogate pair in an escape
// becomes U+FFFD: JavaScript clients cut strings without regard to pairs.
Result<Json> parse_json(std::string text, const JsonLimits& limits);

// As value.dump() writes it, in a fraction of the time. For what parse_json has made: of bounded
// depth.
std::string print_json(const Json& value);

}  // namespace anyclaude
