#include "api/dialect.h"

#include <string_view>

namespace anyclaude {

Dialect dialect_of(const HttpRequest& request) {
  const std::string_view path = request.path;
  if (path.starts_with("/v1/chat/")) return Dialect::openai;
  if (!path.starts_with("/v1/") || path.starts_with("/v1/messages")) return Dialect::anthropic;
  return request.header("anthropic-version").empty() ? Dialect::openai : Dialect::anthropic;
}

HttpHeaders id_headers(const HttpRequest& request) {
  HttpHeaders headers = {{"request-id", request.request_id}};
  if (dialect_of(request) == Dialect::openai) {
    headers.emplace_back("x-request-id", request.request_id);
  }
  return headers;
}

}  // namespace anyclaude
