#include "protocol/completions_stream.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"
#include "protocol/openai_answer.h"
#include "protocol/sse.h"

namespace anyclaude {
namespace {

std::vector<std::string> data_of(const std::string& stream) {
  const std::vector<SseEvent> events = SseParser().feed(stream).value();
  std::vector<std::string> data;
  for (const SseEvent& event : events) {
    EXPECT_EQ(event.event, "");  // clients take events with names for something else
    data.push_back(event.data);
  }
  return data;
}

std::string play(CompletionStream& stream, const std::vector<Event>& events,
                 const Finish& finish = {}) {
  std::string out = stream.start(100);
  for (const Event& event : events) out += stream.event(event);
  return out + stream.finish(finish);
}

std::vector<std::string> deltas_of(const std::vector<std::string>& data) {
  std::vector<std::string> deltas;
  for (const std::string& chunk : data) {
    if (chunk == "[DONE]") continue;
    const Json json = Json::parse(chunk);
    if (!json["choices"].empty()) deltas.push_back(json["choices"][0]["delta"].dump());
  }
  return deltas;
}

TEST(CompletionStream, WritesChunks) {
  CompletionStream stream({"chatcmpl-1", "m\"", 1234}, false);
  const auto data = data_of(play(stream, {Waiting{}, ThinkingDelta{"hm"}, TextDelta{""},
                                          TextDelta{"Hel"}, TextDelta{"lo\n"}}));
  ASSERT_EQ(data.size(), 6u);
  const std::string head =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1234,"model":"m\"",)";
  EXPECT_EQ(data[0], head + R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
                            R"("logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(data[1], head + R"("choices":[{"index":0,"delta":{"reasoning_content":"hm"},)"
                            R"("logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(data[3], head + R"("choices":[{"index":0,"delta":{"content":"lo\n"},)"
                            R"("logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(data[4], head + R"("choices":[{"index":0,"delta":{},"logprobs":null,)"
                            R"("finish_reason":"stop"}]})");
  EXPECT_EQ(data[5], "[DONE]");
}

TEST(CompletionStream, WritesCalls) {
  CompletionStream stream({"chatcmpl-1", "m", 0}, false);
  const auto data =
      data_of(play(stream,
                   {ToolInputDelta{"of no call"}, ToolUseStart{"call_1", "Now"},
                    ToolUseStart{"call_2", "Re\"ad"}, ToolInputDelta{""}, ToolInputDelta{"{\"a\":"},
                    ToolInputDelta{"1}"}, ToolUseStart{"call_3", "Now"}},
                   {.reason = StopReason::tool_use, .stop_sequence = {}, .usage = {}}));
  EXPECT_EQ(deltas_of(data),
            (std::vector<std::string>{
                R"({"role":"assistant","content":""})",
                R"({"tool_calls":[{"index":0,"id":"call_1","type":"function",)"
                R"("function":{"name":"Now","arguments":""}}]})",
                R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})",
                R"({"tool_calls":[{"index":1,"id":"call_2","type":"function",)"
                R"("function":{"name":"Re\"ad","arguments":""}}]})",
                R"({"tool_calls":[{"index":1,"function":{"arguments":"{\"a\":"}}]})",
                R"({"tool_calls":[{"index":1,"function":{"arguments":"1}"}}]})",
                R"({"tool_calls":[{"index":2,"id":"call_3","type":"function",)"
                R"("function":{"name":"Now","arguments":""}}]})",
                R"({"tool_calls":[{"index":2,"function":{"arguments":"{}"}}]})", "{}"}));
  EXPECT_EQ(Json::parse(data[data.size() - 2])["choices"][0]["finish_reason"], "tool_calls");
}

TEST(CompletionStream, TellsUsageWhereAsked) {
  CompletionStream stream({"chatcmpl-1", "m", 0}, true);
  const auto data =
      data_of(play(stream, {TextDelta{"x"}},
                   {.reason = StopReason::max_tokens, .stop_sequence = {}, .usage = {100, 60, 1}}));
  ASSERT_EQ(data.size(), 5u);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(Json::parse(data[i])["usage"].is_null());
  EXPECT_EQ(Json::parse(data[2])["choices"][0]["finish_reason"], "length");
  const Json last = Json::parse(data[3]);
  EXPECT_TRUE(last["choices"].is_array() && last["choices"].empty());
  EXPECT_EQ(last["usage"].dump(),
            R"({"prompt_tokens":100,"completion_tokens":1,"total_tokens":101,)"
            R"("prompt_tokens_details":{"cached_tokens":60}})");
  EXPECT_EQ(data[4], "[DONE]");
}

TEST(CompletionStream, PingsAreCommentsAndErrorsAreData) {
  CompletionStream stream({"chatcmpl-1", "m", 0}, false);
  EXPECT_EQ(stream.ping(), ": ping\n\n");
  EXPECT_TRUE(data_of(stream.ping()).empty());
  const std::string body = encode_completions_error(500, "Broken.");
  EXPECT_EQ(data_of(stream.error(body)), std::vector<std::string>{body});
}

// What this server writes, its own reader of other servers' answers understands.
TEST(CompletionStream, IsReadByOurOwnReader) {
  CompletionStream stream({"chatcmpl-1", "m", 0}, true);
  const auto data =
      data_of(play(stream,
                   {ThinkingDelta{"hm"}, TextDelta{"Hi"}, ToolUseStart{"call_1", "f"},
                    ToolInputDelta{"{\"a\":"}, ToolInputDelta{"1}"}},
                   {.reason = StopReason::tool_use, .stop_sequence = {}, .usage = {100, 60, 9}}));
  OpenAiAnswer answer;
  std::vector<Event> events;
  for (const std::string& chunk : data) ASSERT_TRUE(answer.take_chunk(chunk, events).has_value());
  ASSERT_TRUE(answer.end(events).has_value());
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(std::get<ThinkingDelta>(events[0]).text, "hm");
  EXPECT_EQ(std::get<TextDelta>(events[1]).text, "Hi");
  EXPECT_EQ(std::get<ToolUseStart>(events[2]).id, "call_1");
  EXPECT_EQ(std::get<ToolInputDelta>(events[3]).json, "{\"a\":1}");
  EXPECT_EQ(answer.stop_reason(), StopReason::tool_use);
  EXPECT_EQ(answer.usage()->prompt_tokens_cached, 60u);
}

}  // namespace
}  // namespace anyclaude
