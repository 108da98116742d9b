#include "api/messages.h"

#include <gtest/gtest.h>

#include "fakes/api_cases.h"
#include "fakes/raw_client.h"
#include "fakes/served_api.h"
#include "protocol/json_text.h"
#include "protocol/sse.h"

namespace anyclaude {
namespace {

std::string body(bool stream) {
  return R"({"model":"claude-any","max_tokens":9,"messages":[{"role":"user","content":"hi"}],)"
         R"("stream":)" +
         std::string(stream ? "true}" : "false}");
}

std::string raw_post(bool stream) {
  return "POST /v1/messages?beta=true HTTP/1.1\r\nHost: localhost\r\nx-api-key: secret\r\n"
         "Content-Length: " +
         std::to_string(body(stream).size()) + "\r\n\r\n" + body(stream);
}

std::vector<std::string> event_names(const std::string& stream) {
  const std::vector<SseEvent> events = SseParser().feed(stream).value();
  std::vector<std::string> names;
  for (const SseEvent& event : events) {
    EXPECT_EQ(Json::parse(event.data)["type"], event.event);
    names.push_back(event.event);
  }
  return names;
}

// What a backend that gets requests as they were sent is given with the headers.
SentRequest sent_with(const HttpHeaders& headers, bool no_auth, bool passes_on = true) {
  Script script = hello();
  script.passes_on = passes_on;
  ApiOptions options = api_options();
  options.auth.no_auth = no_auth;
  ServedApi served(script, options);
  EXPECT_EQ(served.post("/v1/messages?beta=true", body(false), headers)->status, 200);
  return served.backend().requests().at(0).as_sent;
}

TEST(Messages, GivesRequestsAsTheyWereSentToWhoWantsThem) {
  using Headers = HttpHeaders;
  const Headers headers = {{"x-api-key", "secret"}, {"anthropic-beta", "of-tomorrow-2030-01-01"}};
  const SentRequest sent = sent_with(headers, false);
  EXPECT_EQ(sent.body, body(false));
  EXPECT_EQ(sent.headers, (Headers{{"anthropic-beta", "of-tomorrow-2030-01-01"}}))
      << "our own key stays here";
  EXPECT_EQ(sent_with({{"authorization", "Bearer theirs"}}, true).headers,
            (Headers{{"authorization", "Bearer theirs"}}));
  EXPECT_EQ(sent_with(headers, false, false).body, "");
  EXPECT_TRUE(sent_with(headers, true, false).headers.empty());
}

TEST(Messages, AnswersWhole) {
  ServedApi served(hello());
  const auto answer = served.post("/v1/messages?beta=true", body(false),
                                  {{"Authorization", "Bearer other secret"},
                                   {"X-Claude-Code-Session-Id", "session"},
                                   {"x-claude-code-agent-id", "agent"},
                                   {"anthropic-beta", "of-tomorrow-2030-01-01"}});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("content-type"), "application/json");
  EXPECT_EQ(answer->header("x-anyclaude-backend"), "scripted");
  EXPECT_TRUE(answer->header("request-id").starts_with("req_"));
  const Json message = Json::parse(answer->body);
  EXPECT_EQ(message["model"], "claude-any");
  EXPECT_EQ(message["content"][0]["text"], "Hello");
  EXPECT_EQ(message["usage"]["input_tokens"], 40);
  EXPECT_EQ(message["usage"]["cache_read_input_tokens"], 60);

  const auto requests = served.backend().requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].origin.session_id, "session");
  EXPECT_EQ(requests[0].origin.agent_id, "agent");
  EXPECT_EQ(requests[0].origin.key_name, "team");
  EXPECT_EQ(requests[0].origin.sharing, "key team");
  EXPECT_EQ(requests[0].origin.request_id, answer->header("request-id"));
  EXPECT_EQ(served.metric("anyclaude_api_requests_total{endpoint=\"messages\",status=\"200\"}"), 1);
  EXPECT_EQ(served.metric("anyclaude_api_prompt_tokens_total"), 100);
  EXPECT_EQ(served.metric("anyclaude_api_prompt_tokens_cached_total"), 60);
  EXPECT_EQ(served.metric("anyclaude_api_output_tokens_total"), 2);
  EXPECT_EQ(served.metric("anyclaude_api_time_to_first_token_seconds_count"), 1);
}

TEST(Messages, MakeUpNoSearchOfTheWeb) {
  ServedApi served(hello());
  const auto answer =
      served.post("/v1/messages",
                  R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"News?"}],)"
                  R"("tools":[{"type":"web_search_20250305","name":"web_search","max_uses":8}]})");
  ASSERT_TRUE(answer.has_value());
  const std::string text = Json::parse(answer->body)["content"][0]["text"].get<std::string>();
  EXPECT_TRUE(text.starts_with("The web cannot be searched")) << text;
}

TEST(Messages, Streams) {
  ServedApi served(hello());
  const auto answer = served.post("/v1/messages", body(true));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_TRUE(answer->header("request-id").starts_with("req_"));
  EXPECT_EQ(event_names(answer->body),
            (std::vector<std::string>{"message_start", "content_block_start", "content_block_delta",
                                      "content_block_delta", "content_block_stop", "message_delta",
                                      "message_stop"}));
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_in_flight", 0));
}

TEST(Messages, TheHeadComesBeforeTheWorkIsDone) {
  std::atomic<bool> computed = false;
  Script script = hello();
  script.steps.insert(script.steps.begin(), busy_until([&] { return computed.load(); }));
  ApiOptions options = api_options();
  options.ping_interval_ms = 20;
  ServedApi served(script, options);
  RawClient client(served.server().port());
  client.send(raw_post(true));
  const std::string head = client.read_until("message_start\"");
  EXPECT_NE(head.find("200 OK"), std::string::npos);
  EXPECT_EQ(head.find("event: ping"), std::string::npos);
  client.read_until("event: ping");
  client.read_until("event: ping");
  EXPECT_EQ(served.metric("anyclaude_api_in_flight"), 1);
  const std::string running = served.get("/api/requests")->body;
  EXPECT_NE(running.find("\"phase\":\"prefill\""), std::string::npos) << running;
  EXPECT_EQ(served.api().idle(), std::chrono::seconds(0));
  computed = true;
  EXPECT_NE(client.read_until("message_stop\"").find("Hel"), std::string::npos);
}

TEST(Messages, AClientThatLeavesEndsTheWork) {
  for (const bool stream : {true, false}) expect_work_to_end_with_its_client(raw_post(stream));
}

TEST(Messages, AClientMayLeaveWhileTokensCome) {
  Script script;
  script.steps = {[](const EventSink& sink) {
    while (sink(TextDelta{"token "})) {
    }
    return false;
  }};
  ServedApi served(script);
  RawClient client(served.server().port());
  client.send(raw_post(true));
  client.read_until("token ");
  client.close();
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_clients_gone_total", 1));
}

TEST(Messages, StoppingTheServerEndsStreams) {
  Latch started;
  ServedApi served(endless(started));
  RawClient client(served.server().port());
  client.send(raw_post(true));
  ASSERT_TRUE(started.wait());
  served.server().stop();
  EXPECT_EQ(served.backend().destroyed(), 1);
}

TEST(Messages, AFailureAfterTheHeadIsAnErrorEvent) {
  Script script = hello();
  script.failure = Error{Error::Kind::internal, "The engine failed."};
  ServedApi served(script);
  const std::string stream = served.post("/v1/messages", body(true))->body;
  const std::vector<SseEvent> events = SseParser().feed(stream).value();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().event, "error");
  const Json error = Json::parse(events.back().data);
  EXPECT_EQ(error["error"]["type"], "api_error");
  EXPECT_EQ(error["error"]["message"], "The engine failed.");
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_stream_errors_total", 1));

  const auto whole = served.post("/v1/messages", body(false));
  EXPECT_EQ(whole->status, 500);
}

TEST(Messages, RefusesWithStatusAndType) {
  struct Case {
    Error::Kind kind;
    int status;
    const char* type;
    const char* retry;
  };
  for (const Case& expected : {
           Case{Error::Kind::invalid_request, 400, "invalid_request_error", "false"},
           Case{Error::Kind::permission, 403, "permission_error", "false"},
           Case{Error::Kind::not_found, 404, "not_found_error", "false"},
           Case{Error::Kind::too_large, 413, "request_too_large", "false"},
           Case{Error::Kind::overloaded, 529, "overloaded_error", "true"},
           Case{Error::Kind::timeout, 504, "timeout_error", "true"},
           Case{Error::Kind::upstream, 502, "api_error", "true"},
           Case{Error::Kind::internal, 500, "api_error", "true"},
       }) {
    Script script;
    script.refusal = Error{expected.kind, "prompt is too long: 9 tokens > 8 maximum"};
    ServedApi served(script);
    for (const std::string& request : {body(true), body(false)}) {
      const auto answer = served.post("/v1/messages", request);
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->status, expected.status);
      EXPECT_EQ(answer->header("x-should-retry"), expected.retry);
      const Json error = Json::parse(answer->body);
      EXPECT_EQ(error["type"], "error");
      EXPECT_EQ(error["error"]["type"], expected.type);
      EXPECT_EQ(error["error"]["message"], "prompt is too long: 9 tokens > 8 maximum");
      EXPECT_EQ(error["request_id"], answer->header("request-id"));
    }
    EXPECT_EQ(served.post("/v1/messages/count_tokens", body(false))->status, expected.status);
  }
}

TEST(Messages, TellsLoadingFromFailed) {
  Script script;
  script.refusal = Error{Error::Kind::overloaded, "The model is loading."};
  ServedApi served(script);
  served.backend().set_readiness({false, false, 0.5f, "loading model"});
  const auto loading = served.post("/v1/messages", body(true));
  EXPECT_EQ(loading->status, 503);
  EXPECT_EQ(loading->header("retry-after"), "2");
  EXPECT_EQ(loading->header("x-should-retry"), "true");
  served.backend().set_readiness({false, true, 0, "The file is no GGUF."});
  const auto failed = served.post("/v1/messages", body(true));
  EXPECT_EQ(failed->status, 500);
  EXPECT_EQ(failed->header("x-should-retry"), "false");
  EXPECT_EQ(Json::parse(failed->body)["error"]["message"], "The file is no GGUF.");
}

TEST(Messages, RefusesBrokenBodies) {
  ServedApi served(hello());
  for (const char* broken : {"", "{", "[]", "{\"model\":1}", "\xFF"}) {
    const auto answer = served.post("/v1/messages", broken);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 400) << broken;
    EXPECT_EQ(Json::parse(answer->body)["error"]["type"], "invalid_request_error");
  }
  EXPECT_TRUE(served.backend().requests().empty());
  EXPECT_EQ(served.post("/v1/messages", body(false))->status, 200);
}

TEST(Messages, CountsTokensManyAtOnce) {
  ServedApi served(hello());
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 27; ++i) {
    threads.emplace_back([&] {
      const auto answer =
          served.post("/v1/messages/count_tokens?beta=true",
                      R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
      if (answer && answer->body == R"({"input_tokens":100})") ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 27);
}

}  // namespace
}  // namespace anyclaude
