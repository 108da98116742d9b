// Who asks, as far as a request tells it. Pure.
#pragma once

#include <string>

#include "protocol/chat.h"

namespace anyclaude {

// What a session asks without tools, for itself: a title, a summary. Nobody waits for it.
bool is_background(const Request& request);

// Requests of one name follow each other; empty where the client names no session.
std::string conversation_of(const Request& request);

}  // namespace anyclaude
