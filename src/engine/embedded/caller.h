// Who asks, and what that means to the engine. Pure.
#pragma once

#include <string>

#include "engine/embedded/job.h"
#include "protocol/chat.h"

namespace anyclaude {

Priority priority_of(const Request& request);

// What tells a conversation from others in a list: the beginning of what its user first wrote,
// which stands behind what the client puts in front of it. At most 120 bytes of valid UTF-8, one
// line.
std::string first_words(const Conversation& conversation);

}  // namespace anyclaude
