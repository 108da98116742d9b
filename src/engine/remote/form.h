// What a server's form of API decides: where it is asked, in which words, and how its answers are
// read. All else of a remote backend is the same for each.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/remote/addressee.h"
#include "engine/remote/options.h"
#include "engine/remote/remote_answer.h"
#include "net/headers.h"
#include "prompt/canonical.h"
#include "protocol/chat.h"

namespace anyclaude {

// Under the URL.
std::string_view models_path(RemoteForm form);
std::string_view answers_path(RemoteForm form);

// Of every request; without the key where there is none.
HttpHeaders headers_of(RemoteForm form, const std::string& key);

// The body, for an answer that is streamed. The same conversation gives the same bytes, and what
// stands in front of a new turn stays as it was: servers cache by the prompt that comes of it.
std::string encode_request(RemoteForm form, const CanonicalConversation& canonical,
                           const Conversation& conversation, const Addressee& addressee);

std::unique_ptr<RemoteAnswer> read_answer(RemoteForm form, AnswerText::Options text);

}  // namespace anyclaude
