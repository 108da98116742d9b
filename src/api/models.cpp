#include "api/models.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/dialect.h"
#include "api/errors.h"
#include "protocol/anthropic_reply.h"
#include "protocol/completions_reply.h"
#include "protocol/listed_model.h"

namespace anyclaude {
namespace {

ListedModel listed(const ModelInfo& model, std::time_t created_at) {
  std::string name = model.description.empty() ? model.id : model.description;
  if (!model.loaded) name += " (not loaded)";
  return {model.id, std::move(name), model.context_tokens, model.output_tokens_max, created_at};
}

bool openai(const HttpRequest& request) { return dialect_of(request) == Dialect::openai; }

HttpReply reply_with(std::string body, const HttpRequest& request) {
  HttpReply reply;
  reply.headers = id_headers(request);
  reply.body = std::move(body);
  return reply;
}

}  // namespace

HttpReply Models::list(const HttpRequest& request) const {
  std::vector<ListedModel> models;
  for (const ModelInfo& model : backend_.models()) models.push_back(listed(model, created_at_));
  return reply_with(openai(request) ? encode_completions_models(models) : encode_models(models),
                    request);
}

HttpReply Models::find(const HttpRequest& request) const {
  const std::string& id = request.captures.front();
  for (const ModelInfo& info : backend_.models()) {
    if (info.id != id) continue;
    const ListedModel model = listed(info, created_at_);
    return reply_with(openai(request) ? encode_completions_model(model) : encode_model(model),
                      request);
  }
  return error_reply(404, fmt::format("model: {}", id), request);
}

}  // namespace anyclaude
