#include "protocol/anthropic_reply.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

TEST(AnthropicMessage, GathersBlocks) {
  AnthropicMessage message("msg_1", "mo\"del");
  message.add(ThinkingDelta{"h"});
  message.add(ThinkingDelta{"m"});
  message.add(Waiting{});
  message.add(TextDelta{""});
  message.add(TextDelta{"Hel"});
  message.add(TextDelta{"lo"});
  message.add(ToolUseStart{"toolu_1", "Read"});
  message.add(ToolInputDelta{"{\"b\":1,"});
  message.add(ToolInputDelta{"\"a\":2}"});
  message.add(ToolUseStart{"toolu_2", "Cut"});
  message.add(ToolInputDelta{"{\"half"});
  Finish finish;
  finish.reason = StopReason::tool_use;
  finish.usage = {100, 90, 7};
  const Json json = Json::parse(message.encode(finish));
  EXPECT_EQ(json["id"], "msg_1");
  EXPECT_EQ(json["type"], "message");
  EXPECT_EQ(json["role"], "assistant");
  EXPECT_EQ(json["model"], "mo\"del");
  EXPECT_EQ(json["stop_reason"], "tool_use");
  EXPECT_TRUE(json["stop_sequence"].is_null());
  ASSERT_EQ(json["content"].size(), 4u);
  EXPECT_EQ(json["content"][0]["thinking"], "hm");
  EXPECT_EQ(json["content"][0]["signature"], thinking_signature("hm"));
  EXPECT_EQ(json["content"][1].dump(), R"({"type":"text","text":"Hello"})");
  EXPECT_EQ(json["content"][2].dump(),
            R"({"type":"tool_use","id":"toolu_1","name":"Read","input":{"b":1,"a":2}})");
  EXPECT_EQ(json["content"][3]["input"].dump(), "{}");
  EXPECT_EQ(json["usage"].dump(), R"({"input_tokens":10,"cache_creation_input_tokens":0,)"
                                  R"("cache_read_input_tokens":90,"output_tokens":7})");
}

TEST(AnthropicMessage, PassesOnWhatCameAsItIs) {
  AnthropicMessage message("msg_1", "m");
  message.add(PassedOn{{}, R"({ "id":"msg_theirs" })"});
  EXPECT_EQ(message.encode({}), R"({ "id":"msg_theirs" })");
}

TEST(AnthropicMessage, NamesTheStopSequence) {
  Finish finish;
  finish.reason = StopReason::stop_sequence;
  finish.stop_sequence = "</b>";
  const Json json = Json::parse(AnthropicMessage("msg_1", "m").encode(finish));
  EXPECT_EQ(json["stop_sequence"], "</b>");
  EXPECT_EQ(json["content"].dump(), "[]");
}

TEST(ThinkingSignature, IsStableAndOfTheText) {
  EXPECT_EQ(thinking_signature("a"), thinking_signature("a"));
  EXPECT_NE(thinking_signature("a"), thinking_signature("b"));
  EXPECT_FALSE(thinking_signature("").empty());
}

TEST(AnthropicReply, EncodesErrorsModelsAndCounts) {
  EXPECT_EQ(encode_error("overloaded_error", "a \"b\"", "req_1"),
            R"({"type":"error","error":{"type":"overloaded_error","message":"a \"b\""},)"
            R"("request_id":"req_1"})");
  EXPECT_EQ(encode_token_count(12), R"({"input_tokens":12})");
  const ListedModel a{"local-a", "A", 8192, 1024, 1'700'000'000};
  EXPECT_EQ(encode_model(a),
            R"({"type":"model","id":"local-a","display_name":"A",)"
            R"("created_at":"2023-11-14T22:13:20Z","max_input_tokens":8192,"max_tokens":1024})");
  const Json list = Json::parse(encode_models({a, {"local-b", "B", 1, 1, 0}}));
  EXPECT_EQ(list["data"].size(), 2u);
  EXPECT_EQ(list["has_more"], false);
  EXPECT_EQ(list["first_id"], "local-a");
  EXPECT_EQ(list["last_id"], "local-b");
  EXPECT_EQ(encode_models({}), R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
}

}  // namespace
}  // namespace anyclaude
