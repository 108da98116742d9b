// A conversation as the two APIs want it in the body of a request, word for word in its order: what
// a client would send, with nothing laid out for anybody's cache.
#pragma once

#include <string>

#include "protocol/chat.h"

namespace anyclaude {

enum class BenchApi { messages, completions };

// Streamed, with usage. The same conversation gives the same bytes.
std::string request_body(BenchApi api, const Conversation& conversation, const std::string& model);

}  // namespace anyclaude
