// Requests of OpenAI's Chat Completions API (platform.openai.com/docs/api-reference/chat/create),
// as clients of ours send them, decoded.
//
// Lenient where it does no harm: unknown fields, and those that no backend here knows (seed,
// penalties, logit_bias, user ...), never fail a request. Strict where a mistake would be answered
// wrongly: wrong types, missing fields, unknown roles and parts, and what is asked for and cannot
// be had (several answers, log probabilities, tools that are no functions, the functions of before
// tools). Errors are Error::invalid_request and begin with the path of what is wrong:
// "messages.3.content.1.type: Field required".
//
// System and developer messages at the start are the system text; later ones stay where they are.
// Results that follow one another are one turn.
#pragma once

#include <string>

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/request_limits.h"

namespace anyclaude {

struct CompletionsRequest {
  Request request;  // without its origin
  bool stream = false;
  bool include_usage = false;  // in the stream; a whole answer always tells
};

// The body of POST /v1/chat/completions.
Result<CompletionsRequest> decode_completions_request(std::string body,
                                                      const RequestLimits& limits = {});

}  // namespace anyclaude
