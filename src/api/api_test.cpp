#include "api/api.h"

#include <gtest/gtest.h>

#include "fakes/raw_client.h"
#include "fakes/served_api.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

std::string error_type_of(const HttpAnswer& answer) {
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["request_id"], answer.header("request-id"));
  return json["error"]["type"];
}

TEST(Api, ListsModels) {
  ServedApi served;
  const HttpHeaders headers = {{"x-api-key", "secret"}, {"anthropic-version", "2023-06-01"}};
  const Json list = Json::parse(served.get("/v1/models?limit=1000", headers)->body);
  ASSERT_EQ(list["data"].size(), 2u);
  EXPECT_EQ(list["data"][0]["id"], "local-a");
  EXPECT_EQ(list["data"][0]["display_name"], "Model A");
  EXPECT_EQ(list["data"][1]["display_name"], "own/b");
  EXPECT_EQ(list["last_id"], "own/b");
  EXPECT_EQ(Json::parse(served.get("/v1/models/local-a", headers)->body)["max_input_tokens"], 8192);
  EXPECT_EQ(Json::parse(served.get("/v1/models/own%2Fb", headers)->body)["id"], "own/b");
  const auto unknown = served.get("/v1/models/claude-opus", headers);
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(error_type_of(*unknown), "not_found_error");
}

TEST(Api, HealthIsOpenAndProvesItself) {
  ServedApi served;
  served.backend().set_readiness({false, false, 0.25f, "loading \"model\""});
  const auto health = served.get("/health", {});
  EXPECT_EQ(health->status, 200);
  EXPECT_EQ(health->body, R"({"status":"ok","ready":false,"failed":false,"progress":0.250,)"
                          R"("what":"loading \"model\"","version":"1.2.3","backend":"scripted"})");
  EXPECT_EQ(Json::parse(served.get("/health?challenge=a%20b", {})->body)["proof"],
            nonce_proof("nonce", "a b"));
  EXPECT_EQ(served.get("/health?challenge=" + std::string(300, 'x'), {})->status, 400);
  EXPECT_EQ(served.get("/ready", {})->status, 503);
  served.backend().set_readiness({true, false, 1, ""});
  EXPECT_EQ(served.get("/ready", {})->status, 200);
}

TEST(Api, EverythingElseNeedsAKey) {
  ServedApi served;
  for (const char* path : {"/metrics", "/api/requests", "/v1/models", "/nowhere", "/api/events"}) {
    const auto answer = served.get(path, {{"anthropic-version", "2023-06-01"}});
    EXPECT_EQ(answer->status, 401) << path;
    EXPECT_EQ(error_type_of(*answer), "authentication_error");
    EXPECT_EQ(answer->header("x-should-retry"), "false");
  }
  EXPECT_EQ(served.post("/v1/messages", "{}", {{"x-api-key", "wrong"}})->status, 401);
  EXPECT_EQ(served.get("/metrics")->status, 200);
  EXPECT_EQ(served.get("/metrics", {{"Authorization", "Bearer secret"}})->status, 200);
  EXPECT_TRUE(served.backend().requests().empty());
}

TEST(Api, WhatTellsOfEverybodyIsTheOwnersAlone) {
  ServedApi served;
  const HttpHeaders other = {{"x-api-key", "other secret"}};
  EXPECT_EQ(served.get("/v1/models", other)->status, 200);
  for (const char* path : {"/metrics", "/api/requests"}) {
    const auto answer = served.get(path, other);
    EXPECT_EQ(answer->status, 403) << path;
    EXPECT_EQ(error_type_of(*answer), "permission_error");
    EXPECT_EQ(served.get(path)->status, 200) << path;
  }
}

TEST(Api, WithoutKeysEverybodyIsAnonymous) {
  ApiOptions options = api_options();
  options.auth.no_auth = true;
  ServedApi served({}, options);
  EXPECT_EQ(
      served
          .post("/v1/messages",
                R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]})", {})
          ->status,
      200);
  EXPECT_EQ(served.backend().requests().at(0).origin.key_name, "anonymous");
}

TEST(Api, TakesNoRequestsThroughOtherNames) {
  ServedApi served;
  const auto status = [&](const std::string& headers) {
    RawClient client(served.server().port());
    client.send("GET /health HTTP/1.1\r\n" + headers + "\r\n");
    return client.read_until("\r\n").substr(9, 3);
  };
  EXPECT_EQ(status("Host: localhost\r\n"), "200");
  EXPECT_EQ(status("Host: evil.example\r\n"), "403");
  EXPECT_EQ(status("Host: localhost\r\nOrigin: http://evil.example\r\n"), "403");
}

TEST(Api, SpeaksItsErrorFormatEverywhere) {
  ServedApi served({}, api_options(), {.body_bytes_max = 1000});
  const auto unknown = served.get("/nowhere");
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(error_type_of(*unknown), "not_found_error");
  const auto method = served.get("/v1/messages");
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(method->header("allow"), "POST, OPTIONS");
  EXPECT_EQ(error_type_of(*method), "invalid_request_error");
  const auto large = served.post("/v1/messages", std::string(1001, ' '));
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(large->header("x-should-retry"), "false");
  EXPECT_EQ(error_type_of(*large), "request_too_large");
}

TEST(Api, OptionsNeedNoKey) {
  ServedApi served;
  RawClient client(served.server().port());
  client.send("OPTIONS /v1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string reply = client.read_until("\r\n\r\n");
  EXPECT_NE(reply.find("204"), std::string::npos);
  EXPECT_NE(reply.find("Allow: POST, OPTIONS"), std::string::npos);
}

TEST(Api, PrintsMetrics) {
  ServedApi served;
  EXPECT_EQ(served.get("/v1/models")->status, 200);
  EXPECT_EQ(served.get("/v1/models", {})->status, 401);
  const auto metrics = served.get("/metrics");
  EXPECT_EQ(metrics->header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line : {"\nanyclaude_api_requests_total{endpoint=\"models\",status=\"200\"} 1\n",
                           "\nanyclaude_api_requests_total{endpoint=\"gate\",status=\"401\"} 1\n",
                           "\nanyclaude_api_in_flight 0\n", "\nanyclaude_http_connections "}) {
    EXPECT_NE(metrics->body.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace anyclaude
