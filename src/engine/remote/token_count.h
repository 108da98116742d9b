// How many tokens a prompt has, as the server itself counts them.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/upstream_client.h"
#include "prompt/canonical.h"
#include "protocol/chat.h"

namespace anyclaude {

// Asks /v1/messages/count_tokens, which Anthropic's API, llama-server and vLLM have, then vLLM's
// /tokenize. Never generates. Error::upstream where the server has neither, or does not answer.
Result<uint32_t> ask_token_count(UpstreamClient& client, const CanonicalConversation& canonical,
                                 const Conversation& conversation, const std::string& model);

}  // namespace anyclaude
