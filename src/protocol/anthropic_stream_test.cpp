#include "protocol/anthropic_stream.h"

#include <gtest/gtest.h>

#include "protocol/anthropic_reply.h"
#include "protocol/json_text.h"
#include "protocol/sse.h"

namespace anyclaude {
namespace {

// The events of a stream, "name" and data; the data's type must be the name.
std::vector<Json> events_of(const std::string& stream) {
  SseParser parser;
  const std::vector<SseEvent> parsed = parser.feed(stream).value();
  std::vector<Json> events;
  for (const SseEvent& event : parsed) {
    events.push_back(Json::parse(event.data));
    EXPECT_EQ(events.back()["type"], event.event);
  }
  return events;
}

std::string play(AnthropicStream& stream, const std::vector<Event>& events) {
  std::string out;
  for (const Event& event : events) out += stream.event(event);
  return out;
}

TEST(AnthropicStream, StartsWithTheWholePromptAsInput) {
  const auto events = events_of(AnthropicStream("msg_1", "m").start(42));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].dump(),
            R"({"type":"message_start","message":{"id":"msg_1","type":"message",)"
            R"("role":"assistant","model":"m","content":[],"stop_reason":null,)"
            R"("stop_sequence":null,"usage":{"input_tokens":42,"cache_creation_input_tokens":0,)"
            R"("cache_read_input_tokens":0,"output_tokens":0}}})");
}

TEST(AnthropicStream, WritesBlocksOneAfterTheOther) {
  AnthropicStream stream("msg_1", "m");
  std::string out =
      play(stream, {Waiting{}, ThinkingDelta{"hm"}, TextDelta{"a"}, TextDelta{""},
                    TextDelta{"\"b\n"}, ToolUseStart{"toolu_1", "Read"}, ToolInputDelta{"{\"x\":"},
                    ToolInputDelta{"1}"}, ToolUseStart{"toolu_2", "Bash"}});
  Finish finish;
  finish.reason = StopReason::tool_use;
  finish.usage = {100, 60, 9};
  out += stream.finish(finish);
  std::vector<std::string> shapes;
  for (const Json& event : events_of(out)) {
    std::string shape = event["type"];
    if (event.contains("index")) shape += " " + event["index"].dump();
    if (event.contains("delta")) shape += " " + event["delta"].dump();
    if (event.contains("content_block")) shape += " " + event["content_block"].dump();
    shapes.push_back(shape);
  }
  EXPECT_EQ(
      shapes,
      (std::vector<std::string>{
          R"(content_block_start 0 {"type":"thinking","thinking":"","signature":""})",
          R"(content_block_delta 0 {"type":"thinking_delta","thinking":"hm"})",
          R"(content_block_delta 0 {"type":"signature_delta","signature":")" +
              thinking_signature("hm") + R"("})",
          "content_block_stop 0",
          R"(content_block_start 1 {"type":"text","text":""})",
          R"(content_block_delta 1 {"type":"text_delta","text":"a"})",
          R"(content_block_delta 1 {"type":"text_delta","text":"\"b\n"})",
          "content_block_stop 1",
          R"(content_block_start 2 {"type":"tool_use","id":"toolu_1","name":"Read","input":{}})",
          R"(content_block_delta 2 {"type":"input_json_delta","partial_json":"{\"x\":"})",
          R"(content_block_delta 2 {"type":"input_json_delta","partial_json":"1}"})",
          "content_block_stop 2",
          R"(content_block_start 3 {"type":"tool_use","id":"toolu_2","name":"Bash","input":{}})",
          "content_block_stop 3",
          R"(message_delta {"stop_reason":"tool_use","stop_sequence":null})",
          "message_stop",
      }));
}

TEST(AnthropicStream, TellsTheTrueUsageAtTheEnd) {
  Finish finish;
  finish.reason = StopReason::stop_sequence;
  finish.stop_sequence = "</x>";
  finish.usage = {100, 60, 9};
  const auto events = events_of(AnthropicStream("msg_1", "m").finish(finish));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["usage"].dump(), R"({"input_tokens":40,"cache_creation_input_tokens":0,)"
                                       R"("cache_read_input_tokens":60,"output_tokens":9})");
  EXPECT_EQ(events[0]["delta"]["stop_sequence"], "</x>");
}

TEST(AnthropicStream, WritesPingsAndErrors) {
  EXPECT_EQ(AnthropicStream("msg_1", "m").ping(), "event: ping\ndata: {\"type\":\"ping\"}\n\n");
  const auto events =
      events_of(AnthropicStream("msg_1", "m").error(encode_error("api_error", "no", "req_1")));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["error"]["type"], "api_error");
}

TEST(AnthropicStream, PassesOnWhatCameAsItIs) {
  AnthropicStream stream("msg_1", "m");
  const std::string data = R"({ "type":"message_delta", "unknown":[1]})";
  const std::string out = play(stream, {PassedOn{"message_delta", data},
                                        PassedOn{"message_stop", R"({"type":"message_stop"})"}});
  EXPECT_NE(out.find("event: message_delta\ndata: " + data + "\n\n"), std::string::npos) << out;
  EXPECT_EQ(events_of(out).size(), 2u);
  EXPECT_EQ(stream.finish({}), "") << "its end came with it";
}

}  // namespace
}  // namespace anyclaude
