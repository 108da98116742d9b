#include "api/messages.h"

#include <memory>
#include <string>
#include <utility>

#include "protocol/anthropic_reply.h"
#include "protocol/anthropic_request.h"
#include "protocol/anthropic_stream.h"

namespace anyclaude {

HttpReply Messages::create(const HttpRequest& request) {
  auto decoded = decode_messages_request(request.body, limits_);
  if (!decoded) return answers_.refuse(decoded.error(), request);
  const std::string id = answer_id("msg_", request);
  const std::string model = decoded->request.model;
  if (answers_.passes_on()) decoded->request.as_sent.body = request.body;
  if (decoded->stream) {
    return answers_.stream(std::move(decoded->request), request,
                           std::make_unique<AnthropicStream>(id, model));
  }
  AnthropicMessage message(id, model);
  return answers_.whole(std::move(decoded->request), request, message);
}

HttpReply Messages::count_tokens(const HttpRequest& request) {
  auto decoded = decode_count_tokens_request(request.body, limits_);
  if (!decoded) return answers_.refuse(decoded.error(), request);
  const auto count = answers_.count_tokens(std::move(decoded.value()), request);
  if (!count) return answers_.refuse(count.error(), request);
  return answers_.reply(encode_token_count(*count), request);
}

}  // namespace anyclaude
