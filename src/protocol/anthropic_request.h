// Requests of the Anthropic Messages API (docs.anthropic.com/en/api/messages), decoded.
//
// Lenient where a client of today or tomorrow may differ: unknown fields, betas, block types and
// thinking types never fail a request. Strict where a mistake would be answered wrongly: wrong
// types, missing fields, unknown roles. Errors are Error::invalid_request and begin with the path
// of what is wrong: "messages.3.content.1.type: Field required".
#pragma once

#include <string>

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/request_limits.h"

namespace anyclaude {

struct MessagesRequest {
  Request request;  // without its origin
  bool stream = false;
};

// The body of POST /v1/messages.
Result<MessagesRequest> decode_messages_request(std::string body, const RequestLimits& limits = {});

// The body of POST /v1/messages/count_tokens: the same, but for max_tokens.
Result<Request> decode_count_tokens_request(std::string body, const RequestLimits& limits = {});

}  // namespace anyclaude
