#include "protocol/openai_answer.h"

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

std::string delta(const std::string& members, const std::string& reason = "null") {
  return R"({"object":"chat.completion.chunk","choices":[{"index":0,"delta":{)" + members +
         R"(},"finish_reason":)" + reason + "}]}";
}

std::string call(int index, const std::string& members) {
  return delta(R"("tool_calls":[{"index":)" + std::to_string(index) + "," + members + "}]");
}

struct Told {
  std::vector<Event> events;
  Result<void> ended;
  OpenAiAnswer answer;

  std::string text() const { return shape(events); }
};

Told tell(const std::vector<std::string>& chunks) {
  Told told;
  for (const std::string& chunk : chunks) {
    told.ended = told.answer.take_chunk(chunk, told.events);
    if (!told.ended) return told;
  }
  told.ended = told.answer.end(told.events);
  return told;
}

const std::string stop = delta("", R"("stop")");
const std::string tool_calls = delta("", R"("tool_calls")");

TEST(OpenAiAnswer, GivesTextAndUsage) {
  const Told told = tell({delta(R"("role":"assistant","content":"")"), delta(R"("content":"Hel")"),
                          delta(R"("content":"lo")"), stop,
                          R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":2,)"
                          R"("prompt_tokens_details":{"cached_tokens":64}}})",
                          "[DONE]", "what comes behind is not read"});
  ASSERT_TRUE(told.ended);
  EXPECT_EQ(told.text(), "text:Hel|text:lo");
  EXPECT_EQ(told.answer.stop_reason(), StopReason::end_turn);
  ASSERT_TRUE(told.answer.usage());
  EXPECT_EQ(told.answer.usage()->prompt_tokens, 100u);
  EXPECT_EQ(told.answer.usage()->prompt_tokens_cached, 64u);
  EXPECT_EQ(told.answer.usage()->output_tokens, 2u);
}

TEST(OpenAiAnswer, ReadsReasoningUnderBothNamesOnce) {
  const Told told =
      tell({delta(R"("reasoning_content":"a")"), delta(R"("reasoning":"b")"),
            delta(R"("reasoning":"c","reasoning_content":"c")"),
            delta(R"("content":[{"type":"text","text":"d"},{"type":"other"}])"), stop});
  EXPECT_EQ(told.text(), "think:a|think:b|think:c|text:d");
}

TEST(OpenAiAnswer, JoinsTheArgumentsOfCalls) {
  const Told told = tell({delta(R"("content":"Let me look.")"),
                          call(0, R"("id":"call_1","type":"function","function":{"name":"Read"})"),
                          call(0, R"("function":{"name":"Read","arguments":"{\"file\":"})"),
                          call(1, R"("id":"call_2","function":{"name":"Bash","arguments":""})"),
                          call(0, R"("function":{"arguments":"\"a\"}"})"), tool_calls, "[DONE]"});
  ASSERT_TRUE(told.ended);
  EXPECT_EQ(told.text(), R"(text:Let me look.|call:call_1 Read {"file":"a"}|call:call_2 Bash {})");
  EXPECT_EQ(told.answer.stop_reason(), StopReason::tool_use);
}

TEST(OpenAiAnswer, TakesCallsWithoutNumbers) {
  const Told told =
      tell({delta(R"("tool_calls":[{"id":"a","function":{"name":"X","arguments":"{\"n\":1}"}},)"
                  R"({"id":"b","function":{"name":"Y","arguments":{"n":2}}}])"),
            stop});
  EXPECT_EQ(told.text(), R"(call:a X {"n":1}|call:b Y {"n":2})");
  EXPECT_EQ(told.answer.stop_reason(), StopReason::tool_use) << "though the server says stop";
}

TEST(OpenAiAnswer, MendsArgumentsWhereThereIsOneWay) {
  for (const char* arguments : {R"("")", R"("  ")", R"("null")", R"("{}")", R"("\"{}\"")"}) {
    const Told told = tell(
        {call(0, std::string(R"("id":"a","function":{"name":"X","arguments":)") + arguments + "}"),
         tool_calls});
    EXPECT_EQ(told.text(), "call:a X {}") << arguments;
  }
  // What no client could run is shown.
  const Told broken =
      tell({call(0, R"("id":"a","function":{"name":"X","arguments":"{\"n\":"})"), tool_calls});
  EXPECT_EQ(broken.text(), R"(text:X {"n":)");
  EXPECT_EQ(broken.answer.stop_reason(), StopReason::end_turn);
  EXPECT_EQ(tell({call(0, R"("id":"a","function":{"name":"X","arguments":"a.txt"})"), stop}).text(),
            "text:X a.txt");
  EXPECT_EQ(tell({call(0, R"("id":"a","function":{"arguments":"{}"})"), stop}).text(), "text:{}");
}

TEST(OpenAiAnswer, GivesAnIdWhereTheServerGivesNoneThatClientsTake) {
  for (const char* id : {R"("id":"",)", R"("id":"a b/c",)", R"("id":null,)", ""}) {
    const Told told =
        tell({call(0, std::string(id) + R"("function":{"name":"X","arguments":"{}"})"), stop});
    EXPECT_TRUE(told.text().starts_with("call:toolu_")) << told.text();
  }
}

TEST(OpenAiAnswer, TakesAWholeAnswer) {
  const Told told = tell(
      {R"({"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"Hi"},)"
       R"("finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":1}})"});
  ASSERT_TRUE(told.ended);
  EXPECT_EQ(told.text(), "text:Hi");
  EXPECT_EQ(told.answer.stop_reason(), StopReason::max_tokens);
}

TEST(OpenAiAnswer, KeepsTheFirstReasonAndNamesTheStopSequence) {
  const Told told =
      tell({R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop","stop_reason":"END"}]})",
            delta("", R"("length")"), "[DONE]"});
  EXPECT_EQ(told.answer.stop_reason(), StopReason::stop_sequence);
  EXPECT_EQ(told.answer.stop_sequence(), "END");
}

TEST(OpenAiAnswer, SaysWhatTheServerSaysOfAnError) {
  for (const char* chunk :
       {R"({"error":{"message":"out of memory","code":500}})", R"({"error":"out of memory"})",
        R"({"object":"error","message":"out of memory"})"}) {
    const Told told = tell({chunk});
    ASSERT_FALSE(told.ended);
    EXPECT_EQ(told.ended.error().kind, Error::Kind::upstream);
    EXPECT_NE(told.ended.error().message.find("out of memory"), std::string::npos);
  }
}

TEST(OpenAiAnswer, RefusesWhatIsNoAnswer) {
  for (const char* chunk :
       {"<html>", "[]", "{", R"({"choices":[5]})", R"({"choices":[{"delta":{"tool_calls":7}}]})",
        R"({"choices":[{"delta":{"tool_calls":[7]}}]})", "\xff"}) {
    const Told told = tell({chunk, stop});
    ASSERT_FALSE(told.ended) << chunk;
    EXPECT_EQ(told.ended.error().kind, Error::Kind::upstream);
  }
  // The end that never came.
  const Told cut = tell({delta(R"("content":"Hel")")});
  ASSERT_FALSE(cut.ended);
  EXPECT_EQ(cut.ended.error().kind, Error::Kind::upstream);
}

TEST(OpenAiAnswer, BoundsWhatItGathers) {
  OpenAiLimits limits;
  limits.calls_max = 2;
  limits.call_bytes_max = 10;
  std::vector<Event> events;
  OpenAiAnswer many(limits);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(many.take_chunk(call(i, R"("id":"a")"), events));
  EXPECT_FALSE(many.take_chunk(call(2, R"("id":"a")"), events));
  OpenAiAnswer longer(limits);
  const std::string piece = call(0, R"("function":{"name":"X","arguments":"12345678"})");
  ASSERT_TRUE(longer.take_chunk(piece, events));
  EXPECT_FALSE(longer.take_chunk(piece, events));
}

TEST(OpenAiAnswer, FindsTheMessageOfAnErrorBody) {
  EXPECT_EQ(openai_error_message(R"({"error":{"message":"a\nb"}})"), "a b");
  EXPECT_EQ(openai_error_message(R"({"detail":"no"})"), "no");
  EXPECT_EQ(openai_error_message(R"({"error":"Unauthorized"})"), "Unauthorized");
  EXPECT_EQ(openai_error_message("<html>"), "");
  EXPECT_EQ(
      openai_error_message(R"({"error":{"message":")" + std::string(5000, 'x') + R"("}})").size(),
      1000u);
}

}  // namespace
}  // namespace anyclaude
