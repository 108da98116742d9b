// Requests of the Chat Completions API (platform.openai.com/docs/api-reference/chat/create), with
// what servers other than OpenAI's own take besides.
#pragma once

#include <string>

#include "engine/remote/addressee.h"
#include "prompt/canonical.h"
#include "protocol/chat.h"

namespace anyclaude {

// The body, for an answer that is streamed. The same conversation gives the same bytes, and what
// stands in front of a new turn stays as it was: servers cache by the prompt that comes of it.
std::string encode_openai_request(const CanonicalConversation& canonical,
                                  const Conversation& conversation, const Addressee& addressee);

}  // namespace anyclaude
