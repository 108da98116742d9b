#include "protocol/completions_reply.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

Finish finish_with(StopReason reason) {
  return {.reason = reason, .stop_sequence = {}, .usage = {100, 90, 7}};
}

TEST(WholeCompletion, GathersTextAndThinking) {
  WholeCompletion completion({"chatcmpl-1", "mo\"del", 1234});
  completion.add(ThinkingDelta{"h"});
  completion.add(ThinkingDelta{"m"});
  completion.add(Waiting{});
  completion.add(TextDelta{"Hel"});
  completion.add(TextDelta{"lo"});
  EXPECT_EQ(completion.encode(finish_with(StopReason::end_turn)),
            R"({"id":"chatcmpl-1","object":"chat.completion","created":1234,"model":"mo\"del",)"
            R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello",)"
            R"("refusal":null,"reasoning_content":"hm"},"logprobs":null,"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,)"
            R"("prompt_tokens_details":{"cached_tokens":90}}})");
}

TEST(WholeCompletion, GathersCalls) {
  WholeCompletion completion({"chatcmpl-1", "m", 0});
  completion.add(ToolUseStart{"call_1", "Read"});
  completion.add(ToolInputDelta{"{\"b\":1,"});
  completion.add(ToolInputDelta{"\"a\":2}"});
  completion.add(ToolUseStart{"call_2", "Now"});
  completion.add(ToolUseStart{"call_3", "Cut"});
  completion.add(ToolInputDelta{"{\"half"});
  const Json json = Json::parse(completion.encode(finish_with(StopReason::tool_use)));
  const Json& choice = json["choices"][0];
  EXPECT_EQ(choice["finish_reason"], "tool_calls");
  EXPECT_TRUE(choice["message"]["content"].is_null());
  EXPECT_FALSE(choice["message"].contains("reasoning_content"));
  const Json& calls = choice["message"]["tool_calls"];
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].dump(), R"({"id":"call_1","type":"function","function":{"name":"Read",)"
                             R"("arguments":"{\"b\":1,\"a\":2}"}})");
  EXPECT_EQ(calls[1]["function"]["arguments"], "{}");
  EXPECT_EQ(calls[2]["function"]["arguments"], "{\"half");
}

TEST(WholeCompletion, NothingIsAnEmptyText) {
  const WholeCompletion completion({"chatcmpl-1", "m", 0});
  const Json json = Json::parse(completion.encode(finish_with(StopReason::max_tokens)));
  EXPECT_EQ(json["choices"][0]["message"]["content"], "");
  EXPECT_EQ(json["choices"][0]["finish_reason"], "length");
  EXPECT_FALSE(json["choices"][0]["message"].contains("tool_calls"));
}

TEST(CompletionsReply, CountsNoMoreCachedThanThereIs) {
  const Json usage = Json::parse(encode_completion_usage({5, 9, 4'000'000'000}));
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"], 5);
  EXPECT_EQ(usage["total_tokens"], 4'000'000'005);
}

TEST(CompletionsReply, TellsOfErrors) {
  EXPECT_EQ(encode_completions_error(400, "messages.3.role: Field \"required\""),
            R"({"error":{"message":"messages.3.role: Field \"required\"",)"
            R"("type":"invalid_request_error","param":"messages.3.role","code":null}})");
  const auto told = [](int status, const char* message) {
    const Json error = Json::parse(encode_completions_error(status, message))["error"];
    const auto word = [&](const char* key) {
      return error[key].is_null() ? std::string("-") : error[key].get<std::string>();
    };
    return word("type") + " " + word("param") + " " + word("code");
  };
  EXPECT_EQ(told(400, "prompt is too long: 9 tokens > 8 maximum"),
            "invalid_request_error - context_length_exceeded");
  EXPECT_EQ(told(400, "No path: here"), "invalid_request_error - -");
  EXPECT_EQ(told(400, "nothing"), "invalid_request_error - -");
  EXPECT_EQ(told(401, "A key is needed"), "invalid_request_error - invalid_api_key");
  EXPECT_EQ(told(404, "model: other"), "invalid_request_error model model_not_found");
  EXPECT_EQ(told(404, "Not found."), "invalid_request_error - -");
  EXPECT_EQ(told(429, "Slowly."), "rate_limit_error - rate_limit_exceeded");
  EXPECT_EQ(told(500, "Broken."), "server_error - -");
  EXPECT_EQ(told(529, "prompt is too long"), "server_error - -");
}

TEST(CompletionsReply, ListsModels) {
  EXPECT_EQ(encode_completions_models({}), R"({"object":"list","data":[]})");
  EXPECT_EQ(encode_completions_models({{"a", "Model A", 10, 5, 1234}, {"own/b", "", 1, 1, 1234}}),
            R"({"object":"list","data":[)"
            R"({"id":"a","object":"model","created":1234,"owned_by":"anyclaude"},)"
            R"({"id":"own/b","object":"model","created":1234,"owned_by":"anyclaude"}]})");
}

}  // namespace
}  // namespace anyclaude
