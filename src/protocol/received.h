// What other servers send, made fit for our own clients.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat.h"
#include "protocol/json_limits.h"

namespace anyclaude {

// A whole call, whose input_json is as the server sent it: appended as a call where it is one, or
// can be mended in one way only (nothing sent, encoded once too often); else as text, so that the
// user and the model see what was meant. An id that clients would not take is replaced. True: a
// call.
bool give_call(ToolUseBlock call, const JsonLimits& limits, std::vector<Event>& events);

// A server's own words about an error: short, on one line, without control characters.
std::string one_line(std::string_view text, size_t bytes_max);

}  // namespace anyclaude
