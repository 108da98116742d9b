#include "api/completions.h"

#include <gtest/gtest.h>

#include "fakes/api_cases.h"
#include "fakes/raw_client.h"
#include "fakes/served_api.h"
#include "protocol/json_text.h"
#include "protocol/sse.h"

namespace anyclaude {
namespace {

constexpr const char* path = "/v1/chat/completions";

std::string body(bool stream, const std::string& more = "") {
  return R"({"model":"gpt-any","messages":[{"role":"user","content":"hi"}],"stream":)" +
         std::string(stream ? "true" : "false") + more + "}";
}

std::string raw_post(bool stream) {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
         "Authorization: Bearer secret\r\nContent-Length: " +
         std::to_string(body(stream).size()) + "\r\n\r\n" + body(stream);
}

std::vector<std::string> data_of(const std::string& stream) {
  std::vector<std::string> data;
  const std::vector<SseEvent> events = SseParser().feed(stream).value();
  for (const SseEvent& event : events) data.push_back(event.data);
  return data;
}

Json error_in(const HttpAnswer& answer) {
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json.size(), 1u) << answer.body;  // no word of the other API's form
  EXPECT_EQ(answer.header("x-request-id"), answer.header("request-id"));
  return json["error"];
}

TEST(Completions, AnswersWhole) {
  ServedApi served(hello());
  const auto answer = served.post(path, body(false), {{"Authorization", "Bearer other secret"}});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("content-type"), "application/json");
  EXPECT_EQ(answer->header("x-anyclaude-backend"), "scripted");
  EXPECT_EQ(answer->header("x-request-id"), answer->header("request-id"));
  const Json completion = Json::parse(answer->body);
  EXPECT_EQ(completion["object"], "chat.completion");
  EXPECT_EQ(completion["id"].get<std::string>(),
            "chatcmpl-" + answer->header("request-id").substr(4));
  EXPECT_EQ(completion["model"], "gpt-any");
  EXPECT_GT(completion["created"], 1'700'000'000);
  EXPECT_EQ(completion["choices"][0]["message"]["content"], "Hello");
  EXPECT_EQ(completion["usage"]["prompt_tokens"], 100);
  EXPECT_EQ(completion["usage"]["prompt_tokens_details"]["cached_tokens"], 60);
  EXPECT_EQ(answer->body.find("scripted"), std::string::npos);  // who answers is no one's business

  const auto requests = served.backend().requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].origin.key_name, "team");
  EXPECT_EQ(requests[0].origin.sharing, "key team");
  EXPECT_EQ(requests[0].origin.request_id, answer->header("request-id"));
  EXPECT_EQ(served.metric("anyclaude_api_requests_total{endpoint=\"completions\",status=\"200\"}"),
            1);
  EXPECT_EQ(served.metric("anyclaude_api_prompt_tokens_cached_total"), 60);
}

TEST(Completions, Streams) {
  ServedApi served(hello());
  const auto answer = served.post(path, body(true, R"(,"stream_options":{"include_usage":true})"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_TRUE(answer->header("x-request-id").starts_with("req_"));
  const auto data = data_of(answer->body);
  ASSERT_EQ(data.size(), 6u);  // role, two texts, the end, usage, [DONE]
  EXPECT_EQ(Json::parse(data[0])["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(Json::parse(data[2])["choices"][0]["delta"]["content"], "lo");
  EXPECT_EQ(Json::parse(data[3])["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(Json::parse(data[4])["usage"]["completion_tokens"], 2);
  EXPECT_EQ(data[5], "[DONE]");
  EXPECT_EQ(answer->body.find("scripted"), std::string::npos);
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_in_flight", 0));
}

TEST(Completions, TheHeadComesBeforeTheWorkIsDone) {
  std::atomic<bool> computed = false;
  Script script = hello();
  script.steps.insert(script.steps.begin(), busy_until([&] { return computed.load(); }));
  ApiOptions options = api_options();
  options.ping_interval_ms = 20;
  ServedApi served(script, options);
  RawClient client(served.server().port());
  client.send(raw_post(true));
  EXPECT_NE(client.read_until("assistant").find("200 OK"), std::string::npos);
  client.read_until(": ping\n\n");
  client.read_until(": ping\n\n");
  computed = true;
  EXPECT_NE(client.read_until("[DONE]").find("Hel"), std::string::npos);
}

TEST(Completions, AClientThatLeavesEndsTheWork) {
  for (const bool stream : {true, false}) expect_work_to_end_with_its_client(raw_post(stream));
}

TEST(Completions, AFailureAfterTheHeadIsAnErrorInTheStream) {
  Script script = hello();
  script.failure = Error{Error::Kind::internal, "The engine failed."};
  ServedApi served(script);
  const auto data = data_of(served.post(path, body(true))->body);
  ASSERT_FALSE(data.empty());
  EXPECT_EQ(data.back(), R"({"error":{"message":"The engine failed.","type":"server_error",)"
                         R"("param":null,"code":null}})");
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_stream_errors_total", 1));
  EXPECT_EQ(served.post(path, body(false))->status, 500);
}

TEST(Completions, RefusesInItsOwnForm) {
  struct Case {
    Error::Kind kind;
    int status;
    const char* type;
    const char* retry;
  };
  for (const Case& expected : {
           Case{Error::Kind::invalid_request, 400, "invalid_request_error", "false"},
           Case{Error::Kind::too_large, 413, "invalid_request_error", "false"},
           Case{Error::Kind::overloaded, 503, "server_error", "true"},
           Case{Error::Kind::upstream, 502, "server_error", "true"},
           Case{Error::Kind::internal, 500, "server_error", "true"},
       }) {
    Script script;
    script.refusal = Error{expected.kind, "prompt is too long: 9 tokens > 8 maximum"};
    ServedApi served(script);
    for (const bool stream : {true, false}) {
      const auto answer = served.post(path, body(stream));
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->status, expected.status);
      EXPECT_EQ(answer->header("x-should-retry"), expected.retry);
      EXPECT_EQ(error_in(*answer)["type"], expected.type);
      EXPECT_EQ(error_in(*answer)["message"], "prompt is too long: 9 tokens > 8 maximum");
      EXPECT_EQ(error_in(*answer)["code"] == "context_length_exceeded", expected.status == 400);
    }
  }
}

TEST(Completions, TellsLoadingFromFailed) {
  Script script;
  script.refusal = Error{Error::Kind::overloaded, "The model is loading."};
  ServedApi served(script);
  served.backend().set_readiness({false, false, 0.5f, "loading model"});
  const auto loading = served.post(path, body(true));
  EXPECT_EQ(loading->status, 503);
  EXPECT_EQ(loading->header("retry-after"), "2");
  served.backend().set_readiness({false, true, 0, "The file is no GGUF."});
  const auto failed = served.post(path, body(true));
  EXPECT_EQ(failed->status, 500);
  EXPECT_EQ(failed->header("x-should-retry"), "false");
  EXPECT_EQ(error_in(*failed)["message"], "The file is no GGUF.");
}

TEST(Completions, TheGateSpeaksItsForm) {
  ServedApi served(hello(), api_options(), {.body_bytes_max = 1000});
  const auto stranger = served.post(path, body(false), {{"Authorization", "Bearer wrong"}});
  EXPECT_EQ(stranger->status, 401);
  EXPECT_EQ(error_in(*stranger)["code"], "invalid_api_key");
  EXPECT_EQ(served.get(path)->status, 405);
  EXPECT_EQ(error_in(*served.get(path))["type"], "invalid_request_error");
  const auto large = served.post(path, std::string(1001, ' '));
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(error_in(*large)["type"], "invalid_request_error");
  EXPECT_EQ(large->header("x-should-retry"), "false");
  const auto unknown = served.post("/v1/embeddings", "{}");
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(error_in(*unknown)["type"], "invalid_request_error");
  const auto broken = served.post(path, R"({"model":"m","messages":[{"role":"user"}]})");
  EXPECT_EQ(broken->status, 400);
  EXPECT_EQ(error_in(*broken)["param"], "messages.0.content");
  EXPECT_TRUE(served.backend().requests().empty());
}

TEST(Completions, ListsModels) {
  ServedApi served;
  const Json list = Json::parse(served.get("/v1/models")->body);
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 2u);
  EXPECT_EQ(list["data"][0]["id"], "local-a");
  EXPECT_EQ(list["data"][0]["object"], "model");
  EXPECT_GT(list["data"][0]["created"], 1'700'000'000);
  EXPECT_EQ(Json::parse(served.get("/v1/models/own%2Fb")->body)["id"], "own/b");
  const auto unknown = served.get("/v1/models/gpt");
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(error_in(*unknown)["code"], "model_not_found");
}

}  // namespace
}  // namespace anyclaude
