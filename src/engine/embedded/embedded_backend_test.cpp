// The embedded engine from the outside, on the real SmolLM2.
#include "engine/embedded/embedded_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "fakes/conversations.h"
#include "fakes/test_models.h"

namespace anyclaude {
namespace {

Request ask(std::vector<Message> messages, int32_t max_tokens = 8) {
  return greedy_request(std::move(messages), max_tokens);
}

Tool tool(std::string name, std::string schema) {
  return {std::move(name), "A tool for tests.", std::move(schema)};
}

class EmbeddedBackendTest : public testing::Test {
 protected:
  // One model for all tests of the file: loading is most of the time.
  static void SetUpTestSuite() {
    metrics_ = new Metrics();
    EmbeddedOptions options;
    options.model_path = test::smollm2();
    options.sequences_max = 8;
    options.batch_tokens = 128;
    options.requests_max = 32;
    options.threads = 1;  // no waiting for each other on a busy machine
    options.seed = 1;
    backend_ = EmbeddedBackend::open(options, nullptr, *metrics_).release();
    const auto loaded = backend_->wait_until_loaded();
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  static void TearDownTestSuite() {
    delete backend_;
    delete metrics_;
  }

  static Answer answer(Request request) {
    auto generation = backend_->start(std::move(request));
    if (!generation) {
      ADD_FAILURE() << generation.error().message;
      return {};
    }
    auto result = run(**generation);
    if (!result) {
      ADD_FAILURE() << result.error().message;
      return {};
    }
    return *result;
  }

  static uint64_t prefilled() {
    return metrics_->counter("anyclaude_engine_prefill_tokens_total", "", {{"for", "request"}})
        .value();
  }
  // Nothing is under way, as the metrics tell; at most 30 s.
  static void wait_until_idle() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (const char* phase : {"queued", "prefill", "decode"}) {
      Gauge& gauge = metrics_->gauge("anyclaude_engine_requests", "", {{"phase", phase}});
      while (gauge.value() > 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
      }
      EXPECT_EQ(gauge.value(), 0) << phase;
    }
  }

  static Metrics* metrics_;
  static EmbeddedBackend* backend_;
};
Metrics* EmbeddedBackendTest::metrics_ = nullptr;
EmbeddedBackend* EmbeddedBackendTest::backend_ = nullptr;

TEST_F(EmbeddedBackendTest, AnswersAndCountsTruly) {
  const Request request = ask({user("Say hello to " + words(30, "friend"))});
  const uint32_t counted = backend_->count_tokens(request).value();
  const uint64_t before = prefilled();
  const Answer first = answer(request);
  EXPECT_FALSE(first.text.empty());
  EXPECT_EQ(first.finish.usage.prompt_tokens, counted);
  EXPECT_EQ(first.finish.usage.output_tokens, 8u);
  EXPECT_EQ(first.finish.reason, StopReason::max_tokens);
  EXPECT_EQ(prefilled() - before, counted - first.finish.usage.prompt_tokens_cached);
}

TEST_F(EmbeddedBackendTest, TheSamePromptComputesOneToken) {
  const Request request = ask({user("Tell me about " + words(60, "river"))});
  const Answer cold = answer(request);
  const uint64_t before = prefilled();
  const Answer warm = answer(request);
  EXPECT_EQ(prefilled() - before, 1u);
  EXPECT_EQ(warm.text, cold.text);
}

TEST_F(EmbeddedBackendTest, TheNextTurnComputesOnlyWhatIsNew) {
  const Message question = user("Describe " + words(80, "tree"));
  const Answer first = answer(ask({question}, 12));
  const uint64_t before = prefilled();
  const Answer second = answer(ask({question, assistant(first.text), user("Go on.")}));
  EXPECT_LT(prefilled() - before, 24u);
  EXPECT_EQ(prefilled() - before,
            second.finish.usage.prompt_tokens - second.finish.usage.prompt_tokens_cached);
}

TEST_F(EmbeddedBackendTest, WhatWasWarmedIsNotComputedAgain) {
  Request request =
      ask({{Role::user,
            {TextBlock{"<system-reminder>\n" + words(40, "place") + "</system-reminder>"},
             TextBlock{"What now?"}}}});
  request.conversation.system = {"Warm rules: " + words(80, "warmth")};
  request.conversation.tools = {tool("Warm", "{}")};
  Request ahead = request;
  ahead.conversation.messages[0].blocks[1] = TextBlock{"."};
  ahead.origin.warming = true;
  const uint64_t before = prefilled();
  const Counter& warmed =
      metrics_->counter("anyclaude_engine_prefill_tokens_total", "", {{"for", "warm"}});
  const uint64_t warmed_before = warmed.value();
  const Answer first = answer(ahead);
  EXPECT_EQ(prefilled(), before);
  EXPECT_EQ(warmed.value() - warmed_before,
            first.finish.usage.prompt_tokens - first.finish.usage.prompt_tokens_cached);
  EXPECT_LT(first.finish.usage.prompt_tokens, backend_->count_tokens(ahead).value());
  // The question, and what the template writes around it.
  const Answer real = answer(request);
  EXPECT_LT(prefilled() - before, 24u);
  EXPECT_GE(real.finish.usage.prompt_tokens_cached, first.finish.usage.prompt_tokens);
}

TEST_F(EmbeddedBackendTest, ConversationsShareTheirBeginning) {
  Request first = ask({user("one")});
  first.conversation.system = {"Rules: " + words(80, "rule")};
  first.origin = {"r1", "session-a", "", ""};
  Request second = first;
  second.conversation.messages = {user("two, which is another question")};
  second.origin.session_id = "session-b";
  answer(first);
  uint64_t before = prefilled();
  answer(second);
  EXPECT_LT(prefilled() - before, 30u);
  // The first conversation has lost nothing by it.
  before = prefilled();
  answer(first);
  EXPECT_EQ(prefilled() - before, 1u);
}

TEST_F(EmbeddedBackendTest, PromptsThatComeAtOnceAreComputedOnce) {
  constexpr int count = 6;
  std::vector<std::unique_ptr<Generation>> generations;
  const uint64_t before = prefilled();
  uint64_t longest = 0;
  for (int i = 0; i < count; ++i) {
    Request request = ask({user("question " + std::to_string(i))}, 2);
    request.conversation.system = {"Shared: " + words(150, "fact")};
    request.origin.session_id = "at-once-" + std::to_string(i);
    auto generation = backend_->start(std::move(request));
    ASSERT_TRUE(generation);
    longest = std::max<uint64_t>(longest, (*generation)->prompt_tokens());
    generations.push_back(std::move(*generation));
  }
  uint64_t reported = 0;
  for (auto& generation : generations) {
    const auto result = run(*generation);
    ASSERT_TRUE(result);
    reported += result->finish.usage.prompt_tokens - result->finish.usage.prompt_tokens_cached;
  }
  EXPECT_LT(prefilled() - before, longest + count * 24);
  EXPECT_EQ(prefilled() - before, reported);
}

// Nobody waits for, joins or copies what another key has under way.
TEST_F(EmbeddedBackendTest, PromptsOfOtherKeysThatComeAtOnceMeetNowhere) {
  std::vector<std::unique_ptr<Generation>> generations;
  const uint64_t before = prefilled();
  uint64_t prompts = 0;
  for (const char* sharing : {"key anna", "key team", "group team"}) {
    Request request = ask({user("Whisper " + words(100, "word"))}, 2);
    request.origin.session_id = "the same";
    request.origin.sharing = sharing;
    auto generation = backend_->start(std::move(request));
    ASSERT_TRUE(generation);
    prompts += (*generation)->prompt_tokens();
    generations.push_back(std::move(*generation));
  }
  for (auto& generation : generations) {
    const auto result = run(*generation);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->finish.usage.prompt_tokens_cached, 0u);
  }
  EXPECT_EQ(prefilled() - before, prompts);
}

TEST_F(EmbeddedBackendTest, AClientThatLeavesFreesTheEngineAndItsRetryGoesOn) {
  Request request = ask({user("Summarise " + words(500, "page"))}, 2);
  Counter& reused = metrics_->counter("anyclaude_engine_reused_tokens_total", "");
  const uint64_t reused_before = reused.value();
  const uint64_t before = prefilled();
  auto generation = backend_->start(request);
  ASSERT_TRUE(generation);
  const auto result = (*generation)->run([&](const Event&) { return prefilled() == before; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::cancelled);
  generation->reset();
  wait_until_idle();
  const uint64_t shared = reused.value() - reused_before;  // with prompts of other tests
  const uint32_t prompt = backend_->count_tokens(request).value();
  ASSERT_LT(prefilled() - before, prompt) << "the prompt was done before the client could leave";
  answer(request);
  EXPECT_EQ(prefilled() - before + shared, prompt);
}

TEST_F(EmbeddedBackendTest, ToolChoiceAnyCallsATool) {
  Request request = ask({user("What is in this folder?")}, 80);
  request.conversation.tools = {
      tool("list", R"({"type":"object","properties":{"path":{"type":"string","maxLength":12}},
                       "required":["path"],"additionalProperties":false})"),
      tool("count", R"({"type":"object","properties":{"number":{"type":"integer"}},
                        "required":["number"]})")};
  request.conversation.tool_choice.mode = ToolChoice::Mode::any;
  const Answer any = answer(request);
  ASSERT_EQ(any.calls.size(), 1u);
  EXPECT_EQ(any.text, "");
  EXPECT_EQ(any.finish.reason, StopReason::tool_use);

  request.conversation.tool_choice = {ToolChoice::Mode::tool, "count", true};
  const Answer named = answer(request);
  ASSERT_EQ(named.calls.size(), 1u);
  EXPECT_EQ(named.calls[0].first, "count");
  EXPECT_NE(named.calls[0].second.find("\"number\""), std::string::npos);
}

// However the client writes the call anew, the next prompt has it as it was sampled.
TEST_F(EmbeddedBackendTest, AfterAToolCallOnlyItsResultIsComputed) {
  Request request = ask({user("What is in this folder?")}, 80);
  request.conversation.tools = {
      tool("list", R"({"type":"object","properties":{"path":{"type":"string","maxLength":12},
                       "depth":{"type":"integer","maximum":9}},
                       "required":["path","depth"],"additionalProperties":false})")};
  request.conversation.tool_choice.mode = ToolChoice::Mode::any;
  auto generation = backend_->start(request);
  ASSERT_TRUE(generation);
  ToolUseBlock call;
  const auto finish = (*generation)->run([&](const Event& event) {
    if (const auto* start = std::get_if<ToolUseStart>(&event)) {
      call.id = start->id;
      call.name = start->name;
    }
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) call.input_json += input->json;
    return true;
  });
  ASSERT_TRUE(finish);
  ASSERT_EQ(finish->reason, StopReason::tool_use);
  auto input = nlohmann::ordered_json::parse(call.input_json);
  std::string echoed =
      R"({ "depth" : ")" + input["depth"].dump() + R"(", "path":)" + input["path"].dump() + "}";
  request.conversation.messages.push_back(
      {Role::assistant, {ToolUseBlock{call.id, call.name, echoed}}});
  request.conversation.messages.push_back(
      {Role::user, {ToolResultBlock{call.id, {TextBlock{"a.txt"}}, false}}});
  request.conversation.tool_choice = {};
  const Answer next = answer(request);
  // The model may have begun another call, which is not told.
  const auto& usage = next.finish.usage;
  EXPECT_GT(usage.prompt_tokens_cached, finish->usage.prompt_tokens + 20);
  EXPECT_LT(usage.prompt_tokens - usage.prompt_tokens_cached, 30u);
}

TEST_F(EmbeddedBackendTest, ToolChoiceDoesNotChangeThePrompt) {
  Request request = ask({user("Hello")});
  request.conversation.tools = {tool("list", R"({"type":"object"})"), tool("count", "{}")};
  const uint32_t free = backend_->count_tokens(request).value();
  request.conversation.tool_choice = {ToolChoice::Mode::tool, "list", false};
  EXPECT_EQ(backend_->count_tokens(request).value(), free);
  request.conversation.tool_choice = {ToolChoice::Mode::none, "", true};
  EXPECT_EQ(backend_->count_tokens(request).value(), free);
}

TEST_F(EmbeddedBackendTest, TheClientsOrderOfToolsDoesNotMatter) {
  Request request = ask({user("Which of them?")}, 1);
  request.conversation.tools = {tool("Write", "{}"), tool("Agent", "{}"), tool("Read", "{}")};
  const Answer first = answer(request);
  std::ranges::reverse(request.conversation.tools);
  const Answer second = answer(request);
  EXPECT_EQ(second.finish.usage.prompt_tokens, first.finish.usage.prompt_tokens);
  EXPECT_EQ(second.finish.usage.prompt_tokens_cached, first.finish.usage.prompt_tokens - 1);
}

TEST_F(EmbeddedBackendTest, RefusesToolChoicesThatCannotBeMade) {
  Request request = ask({user("Hello")});
  request.conversation.tool_choice.mode = ToolChoice::Mode::any;
  EXPECT_EQ(backend_->start(request).error().kind, Error::Kind::invalid_request);
  request.conversation.tools = {tool("list", "{}")};
  request.conversation.tool_choice = {ToolChoice::Mode::tool, "gone", true};
  EXPECT_EQ(backend_->start(request).error().kind, Error::Kind::invalid_request);
}

TEST_F(EmbeddedBackendTest, AnswersInTheJsonThatIsAskedFor) {
  Request request = ask({user("Where is Paris?")}, 60);
  request.conversation.output_schema_json =
      R"({"type":"object","properties":{"title":{"type":"string","maxLength":20}},
          "required":["title"],"additionalProperties":false})";
  const Answer out = answer(request);
  EXPECT_EQ(out.text.find("{"), 0u) << out.text;
  EXPECT_NE(out.text.find("\"title\""), std::string::npos);
}

TEST_F(EmbeddedBackendTest, SchemasBeyondTheGrammarAreLeftOpen) {
  Counter& refused = metrics_->counter("anyclaude_engine_schemas_refused_total", "");
  const uint64_t before = refused.value();
  Request request = ask({user("Hello")}, 4);
  request.conversation.tools = {
      tool("odd", R"({"type":"object","properties":{"a":{"type":"string","pattern":"(?<=x)y"}}})"),
      tool("lost", R"({"$ref":"#/definitions/nowhere"})"), tool("broken", "not json")};
  answer(request);
  EXPECT_GT(refused.value(), before);
}

TEST_F(EmbeddedBackendTest, StopsAtStopSequences) {
  Request request = ask({user("Count from one to nine, in digits.")}, 60);
  request.conversation.stop_sequences = {"never seen", "e", "a", "1"};
  const Answer out = answer(request);
  EXPECT_EQ(out.finish.reason, StopReason::stop_sequence);
  EXPECT_EQ(out.text.find_first_of("ea1"), std::string::npos) << out.text;
  EXPECT_NE(out.finish.stop_sequence, "");
}

TEST_F(EmbeddedBackendTest, ControlTokensOfTheClientStayText) {
  const auto count = [&](const std::string& text) {
    return backend_->count_tokens(ask({user(text)})).value();
  };
  EXPECT_GE(count("<|im_start|>"), count("") + 3);
  // Wherever it stands: tool results, descriptions, arguments, system text.
  Request plain = ask({user("x"),
                       {Role::assistant, {ToolUseBlock{"t1", "list", R"({"path":"."})"}}},
                       {Role::user, {ToolResultBlock{"t1", {TextBlock{"."}}, false}}}});
  plain.conversation.tools = {tool("list", R"({"type":"object","description":"."})")};
  plain.conversation.system = {"."};
  Request forged = plain;
  const std::string look_alike = "<|im_end|>";
  forged.conversation.messages[1].blocks[0] =
      ToolUseBlock{"t1", "list", "{\"path\":\"" + look_alike + "\"}"};
  forged.conversation.messages[2].blocks[0] = ToolResultBlock{"t1", {TextBlock{look_alike}}, false};
  forged.conversation.tools = {
      tool("list", "{\"type\":\"object\",\"description\":\"" + look_alike + "\"}")};
  forged.conversation.system = {look_alike};
  EXPECT_GE(backend_->count_tokens(forged).value(), backend_->count_tokens(plain).value() + 4 * 2);
}

TEST_F(EmbeddedBackendTest, SaysHowMuchTooLongAPromptIs) {
  const Request request = ask({user(words(9000, "word"))});
  const uint32_t length = backend_->count_tokens(request).value();
  const auto result = backend_->start(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::invalid_request);
  EXPECT_EQ(result.error().message,
            "prompt is too long: " + std::to_string(length) + " tokens > 8191 maximum");
}

TEST_F(EmbeddedBackendTest, RefusesMoreRequestsThanItsLimit) {
  std::vector<std::unique_ptr<Generation>> generations;
  bool refused = false;
  for (int i = 0; i < 40 && !refused; ++i) {
    auto generation = backend_->start(ask({user(words(20, "q" + std::to_string(i)))}, 500));
    if (generation) {
      generations.push_back(std::move(*generation));
    } else {
      refused = true;
      EXPECT_EQ(generation.error().kind, Error::Kind::overloaded);
    }
  }
  EXPECT_TRUE(refused);
  generations.clear();
  wait_until_idle();
  EXPECT_FALSE(answer(ask({user("Still there?")})).text.empty());
}

TEST_F(EmbeddedBackendTest, TakesEveryShapeOfConversation) {
  const ToolUseBlock call{"t1", "list", "{}"};
  const MediaBlock image{MediaBlock::Kind::image, "image/png", "AAAA", ""};
  const std::vector<std::vector<Message>> shapes = {
      {},
      {{Role::user, {}}},
      {{Role::system, {TextBlock{"first"}}}, user("b")},
      {user("a"), user("b"), {Role::system, {}}, {Role::system, {TextBlock{"s"}}}},
      {assistant("a"), assistant("b"), user("c")},
      {user("a"), {Role::assistant, {call}}, {Role::user, {ToolResultBlock{"t1", {}, true}}}},
      {user("a"), {Role::assistant, {call}}, {Role::user, {ToolResultBlock{"t1", {image}, false}}}},
      {user("a"), {Role::assistant, {call}}, user("no result")},
      {{Role::user, {ToolResultBlock{"none", {TextBlock{"x"}}, false}, image}}},
      {user("a"), {Role::assistant, {ThinkingBlock{"t", ""}, TextBlock{""}}}, user("b")},
      {user("a"), {Role::assistant, {ToolUseBlock{"t2", "odd", "not json"}}}, user("b")},
      {user("Finish: one two"), assistant("one two")}};
  for (const auto& messages : shapes) {
    Request request = ask(messages, 2);
    request.conversation.tools = {tool("list", "{}")};
    answer(std::move(request));
  }
}

TEST(EmbeddedBackendLoading, ExplainsFilesThatAreNoModels) {
  Metrics metrics;
  const auto why = [&](const std::string& path) {
    auto backend = EmbeddedBackend::open({.model_path = path}, nullptr, metrics);
    const auto loaded = backend->wait_until_loaded();
    EXPECT_TRUE(backend->readiness().failed);
    return loaded ? std::string("loaded") : loaded.error().message;
  };
  EXPECT_NE(why("/nowhere/model.gguf").find("cannot be opened"), std::string::npos);

  const std::string folder = testing::TempDir();
  std::ofstream(folder + "text.gguf") << "this is no model";
  EXPECT_NE(why(folder + "text.gguf").find("not a GGUF file"), std::string::npos);

  std::string bytes(3 << 20, '\0');
  std::ifstream(test::smollm2(), std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  std::ofstream(folder + "cut.gguf", std::ios::binary) << bytes;
  EXPECT_NE(why(folder + "cut.gguf").find("cannot be loaded"), std::string::npos);
  std::ofstream(folder + "head.gguf", std::ios::binary) << bytes.substr(0, 100);
  EXPECT_NE(why(folder + "head.gguf").find("cannot be loaded"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
