#include "api/models.h"

#include <fmt/format.h>

#include <vector>

#include "api/errors.h"
#include "protocol/anthropic_reply.h"

namespace anyclaude {
namespace {

ListedModel listed(const ModelInfo& model, std::time_t created_at) {
  return {model.id, model.description.empty() ? model.id : model.description, model.context_tokens,
          model.output_tokens_max, created_at};
}

HttpReply reply_with(std::string body, const HttpRequest& request) {
  HttpReply reply;
  reply.headers = {{"request-id", request.request_id}};
  reply.body = std::move(body);
  return reply;
}

}  // namespace

HttpReply Models::list(const HttpRequest& request) const {
  std::vector<ListedModel> models;
  for (const ModelInfo& model : backend_.models()) models.push_back(listed(model, created_at_));
  return reply_with(encode_models(models), request);
}

HttpReply Models::find(const HttpRequest& request) const {
  const std::string& id = request.captures.front();
  for (const ModelInfo& model : backend_.models()) {
    if (model.id == id) return reply_with(encode_model(listed(model, created_at_)), request);
  }
  return error_reply(404, fmt::format("model: {}", id), request);
}

}  // namespace anyclaude
