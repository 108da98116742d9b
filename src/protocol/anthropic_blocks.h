// Content blocks of the Messages API, decoded.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/json_fields.h"
#include "protocol/json_text.h"

namespace anyclaude {

// What a message's `content` holds: a string or an array of blocks. Takes the strings out of
// `content`. Blocks of unknown types become their text, if they have any, or nothing.
Result<std::vector<Block>> decode_content(Json& content, size_t blocks_max, const JsonPath& path);

// The texts of a system prompt: a string, or an array of which only the text counts.
Result<std::vector<std::string>> decode_system(Json& system, size_t blocks_max,
                                               const JsonPath& path);

}  // namespace anyclaude
