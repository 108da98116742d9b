// Requests of the Messages API (docs.anthropic.com/en/api/messages), for servers that speak it and
// are not Anthropic's own.
#pragma once

#include <string>

#include "engine/remote/addressee.h"
#include "prompt/canonical.h"
#include "protocol/chat.h"

namespace anyclaude {

// The body, for an answer that is streamed. The same conversation gives the same bytes, and what
// stands in front of a new turn stays as it was.
std::string encode_anthropic_request(const CanonicalConversation& canonical,
                                     const Conversation& conversation, const Addressee& addressee);

// The body of a question for how many tokens that prompt has.
std::string encode_anthropic_count(const CanonicalConversation& canonical,
                                   const Conversation& conversation, const std::string& model);

}  // namespace anyclaude
