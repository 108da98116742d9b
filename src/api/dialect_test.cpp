#include "api/dialect.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

HttpRequest request_of(const std::string& path, const HttpHeaders& headers = {}) {
  HttpRequest request;
  request.path = path;
  request.headers = headers;
  request.request_id = "req_1";
  return request;
}

TEST(Dialect, IsThePathsOwn) {
  const HttpHeaders version = {{"Anthropic-Version", "2023-06-01"}};
  EXPECT_EQ(dialect_of(request_of("/v1/chat/completions")), Dialect::openai);
  EXPECT_EQ(dialect_of(request_of("/v1/chat/completions", version)), Dialect::openai);
  EXPECT_EQ(dialect_of(request_of("/v1/messages")), Dialect::anthropic);
  EXPECT_EQ(dialect_of(request_of("/v1/messages/count_tokens")), Dialect::anthropic);
  for (const char* path : {"/v1/models", "/v1/models/m", "/v1/responses"}) {
    EXPECT_EQ(dialect_of(request_of(path)), Dialect::openai) << path;
    EXPECT_EQ(dialect_of(request_of(path, version)), Dialect::anthropic) << path;
  }
  for (const char* path : {"", "/", "/api/requests", "/health", "/v1"}) {
    EXPECT_EQ(dialect_of(request_of(path)), Dialect::anthropic) << path;
  }
}

TEST(Dialect, NamesTheRequest) {
  EXPECT_EQ(id_headers(request_of("/v1/messages")), (HttpHeaders{{"request-id", "req_1"}}));
  EXPECT_EQ(id_headers(request_of("/v1/chat/completions")),
            (HttpHeaders{{"request-id", "req_1"}, {"x-request-id", "req_1"}}));
}

}  // namespace
}  // namespace anyclaude
