// What the server itself says when it refuses a request, where nobody gave it other words.
#pragma once

#include <string>

#include "net/http_server.h"

namespace anyclaude {

const char* refusal_message(int status);

// The message as plain text.
HttpReply plain_refusal(int status, const std::string& message, const HttpRequest& request);

}  // namespace anyclaude
