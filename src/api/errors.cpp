#include "api/errors.h"

#include <algorithm>
#include <array>

#include "protocol/anthropic_reply.h"

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

HttpReply shaped_reply(const Shape& shape, std::string_view message, const HttpRequest& request) {
  HttpReply reply;
  reply.status = shape.status;
  reply.headers = {{"request-id", request.request_id},
                   {"x-should-retry", shape.retry ? "true" : "false"}};
  reply.body = encode_error(shape.type, message, request.request_id);
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

std::string error_body(const Error& error, std::string_view request_id) {
  return encode_error(shape_of(status_of(error.kind)).type, error.message, request_id);
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
