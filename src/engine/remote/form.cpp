#include "engine/remote/form.h"

#include "engine/remote/anthropic_request.h"
#include "engine/remote/openai_request.h"

namespace anyclaude {

std::string_view models_path(RemoteForm form) {
  return form == RemoteForm::anthropic ? "/v1/models" : "/models";
}

std::string_view answers_path(RemoteForm form) {
  return form == RemoteForm::anthropic ? "/v1/messages" : "/chat/completions";
}

HttpHeaders headers_of(RemoteForm form, const std::string& key) {
  const bool messages = form == RemoteForm::anthropic;
  HttpHeaders headers;
  if (messages) headers.emplace_back("anthropic-version", "2023-06-01");
  if (key.empty()) return headers;
  headers.emplace_back(messages ? "x-api-key" : "Authorization", messages ? key : "Bearer " + key);
  return headers;
}

std::string encode_request(RemoteForm form, const CanonicalConversation& canonical,
                           const Conversation& conversation, const Addressee& addressee) {
  if (form == RemoteForm::anthropic) {
    return encode_anthropic_request(canonical, conversation, addressee);
  }
  return encode_openai_request(canonical, conversation, addressee);
}

std::unique_ptr<RemoteAnswer> read_answer(RemoteForm form, AnswerText::Options text) {
  if (form == RemoteForm::anthropic) return std::make_unique<AnthropicRemoteAnswer>(text);
  return std::make_unique<OpenAiRemoteAnswer>(text);
}

}  // namespace anyclaude
