#include "api/errors.h"

#include <algorithm>
#include <array>

#include "protocol/anthropic_reply.h"
#include "protocol/completions_reply.h"

namespace anyclaude {
namespace {

struct Shape {
  int status;
  std::string_view type;
  bool retry;
};

// platform.claude.com/docs/en/api/errors, and what HTTP adds to it.
constexpr std::array<Shape, 16> shapes = {{
    {400, "invalid_request_error", false},
    {401, "authentication_error", false},
    {403, "permission_error", false},
    {404, "not_found_error", false},
    {405, "invalid_request_error", false},
    {408, "timeout_error", true},
    {413, "request_too_large", false},
    {414, "request_too_large", false},
    {415, "invalid_request_error", false},
    {429, "rate_limit_error", true},
    {431, "request_too_large", false},
    {500, "api_error", true},
    {502, "api_error", true},
    {503, "overloaded_error", true},
    {504, "timeout_error", true},
    {529, "overloaded_error", true},
}};

Shape shape_of(int status) {
  const auto* found = std::find_if(shapes.begin(), shapes.end(),
                                   [&](const Shape& shape) { return shape.status == status; });
  if (found != shapes.end()) return *found;
  return status < 500 ? Shape{status, "invalid_request_error", false}
                      : Shape{status, "api_error", true};
}

std::string shaped_body(const Shape& shape, std::string_view message, Dialect dialect,
                        std::string_view request_id) {
  if (dialect == Dialect::openai) return encode_completions_error(shape.status, message);
  return encode_error(shape.type, message, request_id);
}

HttpReply shaped_reply(const Shape& shape, std::string_view message, const HttpRequest& request) {
  HttpReply reply;
  const Dialect dialect = dialect_of(request);
  reply.status = shape.status;
  // Anthropic's own number; others know it as this one.
  if (dialect == Dialect::openai && reply.status == 529) reply.status = 503;
  reply.headers = id_headers(request);
  reply.headers.emplace_back("x-should-retry", shape.retry ? "true" : "false");
  reply.body = shaped_body(shape, message, dialect, request.request_id);
  return reply;
}

int status_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::invalid_request:
      return 400;
    case Error::Kind::authentication:
      return 401;
    case Error::Kind::permission:
      return 403;
    case Error::Kind::not_found:
      return 404;
    case Error::Kind::too_large:
      return 413;
    case Error::Kind::overloaded:
      return 529;
    case Error::Kind::timeout:
      return 504;
    case Error::Kind::cancelled:
      return 503;  // the server is stopping; a client that left hears it not
    case Error::Kind::upstream:
      return 502;
    case Error::Kind::io:
    case Error::Kind::internal:
      return 500;
  }
  return 500;
}

}  // namespace

std::string error_body(const Error& error, Dialect dialect, std::string_view request_id) {
  return shaped_body(shape_of(status_of(error.kind)), error.message, dialect, request_id);
}

HttpReply error_reply(int status, std::string_view message, const HttpRequest& request) {
  return shaped_reply(shape_of(status), message, request);
}

HttpReply error_reply(const Error& error, const HttpRequest& request) {
  return error_reply(status_of(error.kind), error.message, request);
}

HttpReply hopeless_reply(std::string_view message, const HttpRequest& request) {
  return shaped_reply({500, "api_error", false}, message, request);
}

}  // namespace anyclaude
