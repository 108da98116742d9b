#include "protocol/anthropic_answer.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

// "text:a", "think:b", "call:id name {input}"
std::string shape(const std::vector<Event>& events) {
  std::string out;
  for (const Event& event : events) {
    if (!out.empty() && !std::holds_alternative<ToolInputDelta>(event)) out += "|";
    if (const auto* text = std::get_if<TextDelta>(&event)) out += "text:" + text->text;
    if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) out += "think:" + thinking->text;
    if (const auto* start = std::get_if<ToolUseStart>(&event)) {
      out += "call:" + start->id + " " + start->name;
    }
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) out += " " + input->json;
  }
  return out;
}

struct Told {
  std::vector<Event> events;
  Result<void> ended;
  AnthropicAnswer answer;
};

Told tell(const std::vector<std::string>& datas) {
  Told told;
  for (const std::string& data : datas) {
    told.ended = told.answer.take_event(data, told.events);
    if (!told.ended) return told;
  }
  told.ended = told.answer.end();
  return told;
}

std::string begin(const std::string& block) {
  return R"({"type":"content_block_start","index":0,"content_block":)" + block + "}";
}
std::string delta(const std::string& members) {
  return R"({"type":"content_block_delta","index":0,"delta":{)" + members + "}}";
}
const std::string block_stop = R"({"type":"content_block_stop","index":0})";
const std::string message_stop = R"({"type":"message_stop"})";

std::string message_delta(const std::string& reason, const std::string& usage) {
  return R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":)" + usage +
         "}";
}

TEST(AnthropicAnswer, GivesThinkingTextAndCalls) {
  const Told told =
      tell({R"({"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}})",
            R"({"type":"ping"})", begin(R"({"type":"thinking","thinking":""})"),
            delta(R"("type":"thinking_delta","thinking":"hm")"),
            delta(R"("type":"signature_delta","signature":"x")"), block_stop,
            begin(R"({"type":"text","text":"He"})"), delta(R"("type":"text_delta","text":"llo")"),
            block_stop, begin(R"({"type":"tool_use","id":"toolu_1","name":"Read","input":{}})"),
            delta(R"("type":"input_json_delta","partial_json":"{\"a\":")"),
            delta(R"("type":"input_json_delta","partial_json":"1}")"), block_stop,
            begin(R"({"type":"tool_use","id":"toolu_2","name":"Bash","input":{}})"), block_stop,
            message_delta("tool_use", R"({"input_tokens":4,"cache_read_input_tokens":6,)"
                                      R"("output_tokens":9})"),
            message_stop});
  ASSERT_TRUE(told.ended) << told.ended.error().message;
  EXPECT_EQ(shape(told.events),
            R"(think:hm|text:He|text:llo|call:toolu_1 Read {"a":1}|call:toolu_2 Bash {})");
  const Finish& finish = told.answer.finish();
  EXPECT_EQ(finish.reason, StopReason::tool_use);
  EXPECT_EQ(finish.usage.prompt_tokens, 10u);
  EXPECT_EQ(finish.usage.prompt_tokens_cached, 6u);
  EXPECT_EQ(finish.usage.output_tokens, 9u);
}

TEST(AnthropicAnswer, KeepsTheCountsThatTheEndLeavesOut) {
  const Told told = tell({R"({"type":"message_start","message":{"usage":{"input_tokens":10}}})",
                          message_delta("max_tokens", R"({"output_tokens":3})"), message_stop});
  EXPECT_EQ(told.answer.finish().usage.prompt_tokens, 10u);
  EXPECT_EQ(told.answer.finish().usage.output_tokens, 3u);
  EXPECT_EQ(told.answer.finish().reason, StopReason::max_tokens);
}

TEST(AnthropicAnswer, TakesAWholeMessage) {
  std::vector<Event> events;
  AnthropicAnswer answer;
  ASSERT_TRUE(answer.take_message(
      R"({"type":"message","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"t",)"
      R"("name":"A","input":{"n":1}}],"stop_reason":"stop_sequence","stop_sequence":"END",)"
      R"("usage":{"input_tokens":5,"output_tokens":2}})",
      events));
  EXPECT_TRUE(answer.end());
  EXPECT_EQ(shape(events), R"(text:Hi|call:t A {"n":1})");
  EXPECT_EQ(answer.finish().stop_sequence, "END");
}

TEST(AnthropicAnswer, SaysWhatTheServerSaysOfAnError) {
  const Told busy =
      tell({R"({"type":"error","error":{"type":"overloaded_error","message":"Try\nagain"}})"});
  ASSERT_FALSE(busy.ended);
  EXPECT_EQ(busy.ended.error().kind, Error::Kind::overloaded);
  EXPECT_NE(busy.ended.error().message.find("Try again"), std::string::npos);
  EXPECT_EQ(tell({R"({"type":"error","error":{"type":"api_error"}})"}).ended.error().kind,
            Error::Kind::upstream);
}

TEST(AnthropicAnswer, RefusesWhatIsNoAnswer) {
  for (const char* data : {"<html>", "[]", R"({"type":"content_block_start","content_block":7})",
                           R"({"type":"content_block_delta","delta":7})", ""}) {
    const Told told = tell({data, message_stop});
    ASSERT_FALSE(told.ended) << data;
    EXPECT_EQ(told.ended.error().kind, Error::Kind::upstream);
  }
  EXPECT_FALSE(tell({begin(R"({"type":"text","text":"Hel"})")}).ended) << "the end never came";
}

TEST(AnthropicAnswer, BoundsACall) {
  AnthropicAnswerLimits limits;
  limits.call_bytes_max = 10;
  AnthropicAnswer answer(limits);
  std::vector<Event> events;
  const std::string piece = delta(R"("type":"input_json_delta","partial_json":"12345678")");
  ASSERT_TRUE(answer.take_event(begin(R"({"type":"tool_use","id":"t","name":"A"})"), events));
  ASSERT_TRUE(answer.take_event(piece, events));
  EXPECT_FALSE(answer.take_event(piece, events));
}

}  // namespace
}  // namespace anyclaude
