// The beginning of a prompt that others of the same client have too: its tools, its system text,
// and what the client says in front of the user's first words. Written down as the body of a
// Messages request, so that whoever reads it next reads what a client might have sent. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/chat.h"

namespace anyclaude {

// What stands in front of the user's first words, in their message.
std::vector<std::string_view> texts_before_words(const Conversation& conversation);

// In the place of the user's words, and of everything behind them, stands a full stop.
Request head_of(const Request& request);

// Only what shapes the prompt: model, system text, tools, thinking, messages of texts.
std::string encode_head(const Request& head);
Result<Request> decode_head(const std::string& json);

}  // namespace anyclaude
