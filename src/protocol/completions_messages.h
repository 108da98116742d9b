// The messages of a Chat Completions request, decoded.
#pragma once

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/json_fields.h"
#include "protocol/request_limits.h"

namespace anyclaude {

// Takes the strings out of `values`, and appends to `conversation`'s system texts and messages.
Result<void> decode_completions_messages(Json& values, const RequestLimits& limits,
                                         const JsonPath& path, Conversation& conversation);

}  // namespace anyclaude
