#include "engine/remote/remote_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "fakes/scripted_upstream.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using Upstream = ScriptedUpstream;

RemoteOptions options_for(const Upstream& upstream) {
  RemoteOptions options;
  options.name = "vllm";
  options.url = upstream.url();
  options.key = "the-key";
  options.key_setting = "VLLM_API_KEY";
  options.look_interval_gone = milliseconds(20);
  return options;
}

// Whether it came true, in as long as no test takes.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

void wait_until_ready(const RemoteBackend& backend) {
  ASSERT_TRUE(eventually([&] { return backend.readiness().ready; })) << backend.readiness().what;
}

Request request(std::string words = "Hi") {
  Request request;
  request.model = "claude-sonnet-4-5";
  request.conversation.system = {"Be short."};
  request.conversation.messages = {{Role::user, {TextBlock{std::move(words)}}}};
  request.conversation.max_tokens = 100;
  return request;
}

Request request_with_tool() {
  Request asked = request("Read a");
  asked.conversation.tools = {{"Read", "Reads a file", R"({"type":"object"})", false}};
  return asked;
}

struct Answered {
  std::string text;
  std::string thinking;
  std::string calls;    // "name{input}"
  std::string call_id;  // of the last
  Result<Finish> finish;
};

Answered answer(Result<std::unique_ptr<Generation>> begun) {
  Answered answered;
  if (!begun) {
    answered.finish = std::unexpected(begun.error());
    return answered;
  }
  answered.finish = (*begun)->run([&](const Event& event) {
    if (const auto* text = std::get_if<TextDelta>(&event)) answered.text += text->text;
    if (const auto* more = std::get_if<ThinkingDelta>(&event)) answered.thinking += more->text;
    if (const auto* start = std::get_if<ToolUseStart>(&event)) {
      answered.calls += start->name;
      answered.call_id = start->id;
    }
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) answered.calls += input->json;
    return true;
  });
  return answered;
}

class RemoteBackendTest : public ::testing::Test {
 protected:
  Answered ask(const Request& asked = request()) {
    RemoteBackend backend(options_for(upstream_), metrics_);
    wait_until_ready(backend);
    return answer(backend.start(asked));
  }

  Metrics metrics_;
  Upstream upstream_;
};

TEST_F(RemoteBackendTest, AnswersAndTellsWhatTheServerCounted) {
  const Answered answered = ask();
  ASSERT_TRUE(answered.finish) << answered.finish.error().message;
  EXPECT_EQ(answered.text, "Hello.");
  EXPECT_EQ(answered.finish->reason, StopReason::end_turn);
  EXPECT_EQ(answered.finish->usage.prompt_tokens, 40u);
  EXPECT_EQ(answered.finish->usage.prompt_tokens_cached, 32u);
  ASSERT_EQ(upstream_.asked().size(), 1u);
  EXPECT_EQ(upstream_.asked()[0],
            R"({"model":"small-coder","stream":true,"stream_options":{"include_usage":true},)"
            R"("max_tokens":100,"messages":[{"role":"system","content":"Be short."},)"
            R"({"role":"user","content":"Hi"}]})");
  EXPECT_EQ(upstream_.keys()[0], "Bearer the-key");
}

// The client writes the input anew, and strips the text.
Message call_as_the_client_echoes_it() {
  return {Role::assistant, {TextBlock{"I look."}, ToolUseBlock{"c1", "Read", R"({"path":"a"})"}}};
}

Request after_the_call(const std::string& id) {
  Request asked = request_with_tool();
  Message echoed = call_as_the_client_echoes_it();
  std::get<ToolUseBlock>(echoed.blocks[1]).id = id;
  ToolResultBlock result;
  result.tool_use_id = id;
  result.content.emplace_back(TextBlock{"Hello"});
  asked.conversation.messages.push_back(echoed);
  asked.conversation.messages.push_back({Role::user, {result}});
  return asked;
}

TEST_F(RemoteBackendTest, SendsAnswersBackAsTheServerWroteThem) {
  upstream_.answer_with([](const HttpRequest&) {
    return Upstream::stream(
        {Upstream::chunk(R"({"content":"I look. \n"})"),
         Upstream::chunk(R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"Read",)"
                         R"("arguments":"{\"path\" : \"a\"}"}}]})",
                         R"("tool_calls")"),
         "data: [DONE]\n\n"});
  });
  RemoteBackend backend(options_for(upstream_), metrics_);
  wait_until_ready(backend);
  ASSERT_TRUE(answer(backend.start(request_with_tool())).finish);
  ASSERT_TRUE(answer(backend.start(after_the_call("c1"))).finish);
  const std::string body = upstream_.asked().back();
  EXPECT_NE(body.find(R"("content":"I look. \n")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("arguments":"{\"path\" : \"a\"}")"), std::string::npos) << body;
}

TEST_F(RemoteBackendTest, SendsCallsInWordsBackAsTheModelWroteThem) {
  const std::string words =
      R"(I look.  <tool_call> {"arguments": {"path" : "a"}, "name": "Read"} </tool_call>)";
  upstream_.shows_tools(false);
  upstream_.answer_with([words](const HttpRequest&) {
    return Upstream::stream(
        {Upstream::chunk(R"({"content":)" + Json(words).dump() + "}", R"("stop")"),
         "data: [DONE]\n\n"});
  });
  RemoteBackend backend(options_for(upstream_), metrics_);
  wait_until_ready(backend);
  const Answered first = answer(backend.start(request_with_tool()));
  ASSERT_EQ(first.calls, R"(Read{"path":"a"})");
  ASSERT_TRUE(answer(backend.start(after_the_call(first.call_id))).finish);
  const auto body = parse_json(upstream_.asked().back(), {});
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["messages"][2]["content"], words);
}

TEST_F(RemoteBackendTest, HasTheServerCountWhereItCan) {
  std::atomic<int> asked = 0;
  Upstream counts({}, {{"/tokenize", [&asked](const HttpRequest&) {
                          ++asked;
                          return Upstream::json(200, R"({"count":123,"max_model_len":8192})");
                        }}});
  RemoteBackend backend(options_for(counts), metrics_);
  wait_until_ready(backend);
  EXPECT_EQ(backend.count_tokens(request()).value_or(0), 123u);
  EXPECT_EQ(asked, 1);
  RemoteBackend guesses(options_for(upstream_), metrics_);
  wait_until_ready(guesses);
  const auto guessed = guesses.count_tokens(request());
  ASSERT_TRUE(guessed);
  EXPECT_NEAR(*guessed, 40, 30) << "about four bytes of the request a token";
}

TEST_F(RemoteBackendTest, ListsWhatTheServerHas) {
  RemoteBackend backend(options_for(upstream_), metrics_);
  wait_until_ready(backend);
  ASSERT_EQ(backend.models().size(), 1u);
  EXPECT_EQ(backend.models()[0].id, "small-coder");
  EXPECT_EQ(backend.models()[0].context_tokens, 8192u);
}

TEST_F(RemoteBackendTest, GivesToolsOfTheServersOwn) {
  upstream_.answer_with([](const HttpRequest&) {
    return Upstream::stream(
        {Upstream::chunk(R"({"tool_calls":[{"index":0,"id":"c1","function":)"
                         R"({"name":"Read","arguments":"{\"file\":\"a\"}"}}]})"),
         Upstream::chunk("{}", R"("tool_calls")"), "data: [DONE]\n\n"});
  });
  const Answered answered = ask(request_with_tool());
  ASSERT_TRUE(answered.finish) << answered.finish.error().message;
  EXPECT_EQ(answered.calls, R"(Read{"file":"a"})");
  EXPECT_EQ(answered.finish->reason, StopReason::tool_use);
  EXPECT_NE(upstream_.asked()[0].find(R"("tools":[{"type":"function")"), std::string::npos);
}

TEST_F(RemoteBackendTest, TellsToolsInWordsWhereTheServerHasNone) {
  upstream_.shows_tools(false);
  upstream_.answer_with([](const HttpRequest&) {
    return Upstream::stream({Upstream::chunk(R"({"content":"<think>hm</think>I look.<tool_"})"),
                             Upstream::chunk(R"({"content":"call>{\"name\":\"Read\","})"),
                             Upstream::chunk(R"({"content":"\"arguments\":{}}</tool_call>"})"),
                             Upstream::chunk("{}", R"("stop")"), "data: [DONE]\n\n"});
  });
  const Answered answered = ask(request_with_tool());
  ASSERT_TRUE(answered.finish) << answered.finish.error().message;
  EXPECT_EQ(answered.thinking, "hm");
  EXPECT_EQ(answered.text, "I look.");
  EXPECT_EQ(answered.calls, "Read{}");
  EXPECT_EQ(answered.finish->reason, StopReason::tool_use);
  EXPECT_EQ(upstream_.asked()[0].find(R"("tools":)"), std::string::npos);
  EXPECT_NE(upstream_.asked()[0].find("<tools>"), std::string::npos);
}

TEST_F(RemoteBackendTest, TakesAnAnswerThatIsNotStreamed) {
  upstream_.answer_with([](const HttpRequest&) {
    return Upstream::json(200, R"({"choices":[{"message":{"content":"Whole."},)"
                               R"("finish_reason":"stop"}]})");
  });
  const Answered answered = ask();
  ASSERT_TRUE(answered.finish) << answered.finish.error().message;
  EXPECT_EQ(answered.text, "Whole.");
  EXPECT_GT(answered.finish->usage.prompt_tokens, 0u) << "an estimate, where nothing is counted";
}

TEST_F(RemoteBackendTest, RefusesInWordsThatTheClientUnderstands) {
  const struct {
    int status;
    const char* body;
    Error::Kind kind;
    const char* words;
  } cases[] = {
      {400,
       R"({"object":"error","message":"This model's maximum context length is 8192 tokens. )"
       R"(However, you requested 9000 tokens (8900 in the messages, 100 in the completion)."})",
       Error::Kind::invalid_request, "prompt is too long: 9000 tokens > 8192 maximum"},
      {400,
       R"({"error":{"message":"request (9000 tokens) exceeds the available context size )"
       R"((8192 tokens), try increasing it"}})",
       Error::Kind::invalid_request, "prompt is too long: 9000 tokens > 8192 maximum"},
      {400, R"({"error":{"message":"bad schema"}})", Error::Kind::invalid_request, "bad schema"},
      {401, R"({"error":"Unauthorized"})", Error::Kind::upstream, "set VLLM_API_KEY"},
      {404, R"({"detail":"no such model"})", Error::Kind::upstream, "no such model"},
      {429, "{}", Error::Kind::overloaded, "busy"},
      {503, "<html>", Error::Kind::overloaded, "busy"},
      {500, "<html>", Error::Kind::upstream, "failed (500)"},
      {302, "<html>", Error::Kind::upstream, "set the address"},
      {206, "<html>", Error::Kind::upstream, "failed (206)"},
  };
  for (const auto& each : cases) {
    upstream_.answer_with(
        [&](const HttpRequest&) { return Upstream::json(each.status, each.body); });
    const Answered answered = ask();
    ASSERT_FALSE(answered.finish) << each.body;
    EXPECT_EQ(answered.finish.error().kind, each.kind) << each.body;
    const std::string& message = answered.finish.error().message;
    EXPECT_NE(message.find(each.words), std::string::npos) << message;
    EXPECT_EQ(message.find("the-key"), std::string::npos) << message;
  }
}

TEST_F(RemoteBackendTest, FailsWhereTheAnswerBreaksOff) {
  const std::vector<std::vector<std::string>> broken = {
      {Upstream::chunk(R"({"content":"Hel"})")},
      {Upstream::chunk(R"({"content":"Hel"})"), "data: {\"choi"},
      {"data: nonsense\n\n"},
      {"data: {\"error\":{\"message\":\"out of memory\"}}\n\n"},
      {""},
  };
  for (const auto& pieces : broken) {
    upstream_.answer_with([&](const HttpRequest&) { return Upstream::stream(pieces); });
    const Answered answered = ask();
    ASSERT_FALSE(answered.finish);
    EXPECT_EQ(answered.finish.error().kind, Error::Kind::upstream);
  }
}

TEST_F(RemoteBackendTest, GivesWhatCameBeforeSomethingThatIsWrong) {
  upstream_.answer_with([&](const HttpRequest&) {
    return Upstream::stream({Upstream::chunk(R"({"content":"Hel"})") +
                             Upstream::chunk(R"({"content":"lo."})") + "data: nonsense\n\n" +
                             Upstream::chunk(R"({"content":" And more."})", R"("stop")")});
  });
  const Answered answered = ask();
  EXPECT_EQ(answered.text, "Hello.");
  ASSERT_FALSE(answered.finish);
  EXPECT_EQ(answered.finish.error().kind, Error::Kind::upstream);
}

TEST_F(RemoteBackendTest, KeepsTheClientWaitingWhileTheServerIsSilent) {
  std::atomic<int> waited = 0;
  upstream_.answer_with([&](const HttpRequest&) {
    eventually([&] { return waited >= 2; });
    return Upstream::stream({Upstream::chunk(R"({"content":"Late."})", R"("stop")")});
  });
  RemoteOptions options = options_for(upstream_);
  options.status_wait = milliseconds(50);
  RemoteBackend backend(options, metrics_);
  wait_until_ready(backend);
  auto begun = backend.start(request());
  ASSERT_TRUE(begun);
  std::string text;
  const auto finish = (*begun)->run([&](const Event& event) {
    if (std::holds_alternative<Waiting>(event)) ++waited;
    if (const auto* more = std::get_if<TextDelta>(&event)) text += more->text;
    return true;
  });
  ASSERT_TRUE(finish) << finish.error().message;
  EXPECT_EQ(text, "Late.");
}

TEST_F(RemoteBackendTest, LetsTheServerKnowWhenTheClientLeaves) {
  std::atomic<bool> cut = false;
  upstream_.answer_with([&](const HttpRequest&) {
    HttpReply reply;
    reply.content_type = "text/event-stream";
    reply.stream = [&](HttpStream& out) {
      while (out.write(Upstream::chunk(R"({"content":"more"})"))) {
      }
      cut = true;
    };
    return reply;
  });
  RemoteBackend backend(options_for(upstream_), metrics_);
  wait_until_ready(backend);
  {
    auto begun = backend.start(request());
    ASSERT_TRUE(begun);
    const auto finish = (*begun)->run([](const Event&) { return false; });
    ASSERT_FALSE(finish);
    EXPECT_EQ(finish.error().kind, Error::Kind::cancelled);
  }
  EXPECT_TRUE(eventually([&] { return cut.load(); }));
}

TEST_F(RemoteBackendTest, SaysWhatToDoWhereNothingAnswers) {
  RemoteOptions options = options_for(upstream_);
  upstream_.stop();
  RemoteBackend backend(options, metrics_);
  EXPECT_TRUE(
      eventually([&] { return backend.readiness().what.find("answers") != std::string::npos; }));
  EXPECT_FALSE(backend.readiness().ready);
  EXPECT_NE(backend.readiness().what.find("Nothing answers at http://127.0.0.1:"),
            std::string::npos)
      << backend.readiness().what;
  EXPECT_FALSE(backend.start(request()));
}

TEST(RemoteBackend, PassesOnWhatItIsToPassOn) {
  HttpRequest got;
  Upstream upstream(
      {}, {{"/v1/messages", [&](const HttpRequest& request) {
              got = request;
              return Upstream::stream(
                  {Upstream::event("message_start", R"({"type":"message_start","message":{)"
                                                    R"("usage":{"input_tokens":7}}})"),
                   Upstream::event("new", R"({"type": "new"})"),
                   Upstream::event("message_stop", R"({"type":"message_stop"})")});
            }}});
  RemoteOptions options = options_for(upstream);
  options.form = RemoteForm::anthropic;
  options.url.path = "";
  options.pass_on = true;
  Metrics metrics;
  for (const std::string own : {"the-key", ""}) {
    options.key = own;
    RemoteBackend backend(options, metrics);
    wait_until_ready(backend);
    EXPECT_TRUE(backend.abilities().passes_on);
    Request asked = request();
    asked.as_sent.body = R"({ "model":"claude-of-tomorrow", "unknown":[1] })";
    asked.as_sent.headers = {{"anthropic-beta", "b"}, {"x-api-key", "theirs"}};
    auto begun = backend.start(asked);
    ASSERT_TRUE(begun);
    std::string events;
    const auto finish = (*begun)->run([&](const Event& event) {
      if (const auto* one = std::get_if<PassedOn>(&event)) events += one->name + one->data;
      return true;
    });
    ASSERT_TRUE(finish) << finish.error().message;
    EXPECT_EQ(finish->usage.prompt_tokens, 7u);
    EXPECT_EQ(events, R"(new{"type": "new"}message_stop{"type":"message_stop"})");
    EXPECT_EQ(got.body, asked.as_sent.body);
    EXPECT_EQ(got.header("anthropic-beta"), "b");
    EXPECT_EQ(got.header("x-api-key"), own.empty() ? "theirs" : own);
  }
}

TEST(RemoteBackend, FindsTheModelThatIsLoadedAndSees) {
  Upstream upstream(
      {{"/v1/models",
        [](const HttpRequest&) {
          return Upstream::json(200, R"({"data":[{"id":"embedder"},{"id":"one"},{"id":"two"}]})");
        }},
       {"/api/v0/models", [](const HttpRequest&) {
          return Upstream::json(
              200, R"({"data":[{"id":"embedder","type":"embeddings","state":"loaded"},)"
                   R"({"id":"one","type":"llm","state":"not-loaded","max_context_length":4096},)"
                   R"({"id":"two","type":"vlm","state":"loaded","max_context_length":65536,)"
                   R"("loaded_context_length":16384}]})");
        }}});
  Metrics metrics;
  RemoteBackend backend(options_for(upstream), metrics);
  wait_until_ready(backend);
  ASSERT_EQ(backend.models().size(), 2u);
  EXPECT_EQ(backend.models()[0].id, "two");
  EXPECT_EQ(backend.models()[0].context_tokens, 16384u);
  EXPECT_EQ(backend.models()[1].id, "one");
  Request asked = request("What is it?");
  asked.conversation.messages[0].blocks.emplace_back(
      MediaBlock{MediaBlock::Kind::image, "image/png", "AAAA", ""});
  ASSERT_TRUE(answer(backend.start(asked)).finish);
  EXPECT_NE(upstream.asked()[0].find(
                R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})"),
            std::string::npos)
      << upstream.asked()[0];
}

// What a server of that name, whose list of models is `list`, is asked for.
std::string model_asked_of_mlx_lm(const std::string& list) {
  Upstream upstream(
      {{"/v1/models", [&](const HttpRequest&) { return Upstream::json(200, list); }}});
  RemoteOptions options = options_for(upstream);
  options.name = "mlx-lm";
  Metrics metrics;
  RemoteBackend backend(options, metrics);
  wait_until_ready(backend);
  return backend.models().front().id;
}

TEST(RemoteBackend, AsksMlxLmForWhatItWasStartedWith) {
  EXPECT_EQ(model_asked_of_mlx_lm(R"({"data":[{"id":"a/fetched"},{"id":"/models/mine"}]})"),
            "/models/mine");
  EXPECT_EQ(model_asked_of_mlx_lm(R"({"data":[{"id":"a/fetched"},{"id":"b/fetched"}]})"),
            "default_model");
  EXPECT_EQ(model_asked_of_mlx_lm(""), "default_model");
}

}  // namespace
}  // namespace anyclaude
