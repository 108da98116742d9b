#include "bench/request_body.h"

#include <gtest/gtest.h>

#include "bench/session_maker.h"
#include "protocol/anthropic_request.h"
#include "protocol/completions_request.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

Conversation made() { return SessionMaker(shape_of_tokens(2'000, 1)).turn("/a", 3); }

std::string result_text(const Message& message) {
  return std::get<TextBlock>(std::get<ToolResultBlock>(message.blocks.at(0)).content.at(0)).text;
}

void expect_same(const Conversation& read, const Conversation& meant) {
  EXPECT_EQ(read.max_tokens, 1);
  ASSERT_EQ(read.tools.size(), meant.tools.size());
  for (size_t at = 0; at < read.tools.size(); ++at) {
    EXPECT_EQ(read.tools[at].name, meant.tools[at].name);
    EXPECT_EQ(read.tools[at].description, meant.tools[at].description);
    EXPECT_EQ(read.tools[at].input_schema_json, meant.tools[at].input_schema_json);
  }
  ASSERT_EQ(read.messages.size(), meant.messages.size());
  for (size_t at = 0; at < read.messages.size(); ++at) {
    EXPECT_EQ(read.messages[at].role, meant.messages[at].role);
  }
  const auto& call = std::get<ToolUseBlock>(read.messages[1].blocks.at(1));
  const auto& meant_call = std::get<ToolUseBlock>(meant.messages[1].blocks.at(1));
  EXPECT_EQ(call.id, meant_call.id);
  EXPECT_EQ(call.name, meant_call.name);
  EXPECT_EQ(call.input_json, meant_call.input_json);
  EXPECT_EQ(result_text(read.messages[2]), result_text(meant.messages[2]));
}

TEST(RequestBody, IsReadAsWhatWasMeantByTheMessagesApi) {
  const auto read = decode_messages_request(request_body(BenchApi::messages, made(), "some-model"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->stream);
  EXPECT_EQ(read->request.model, "some-model");
  const Conversation& conversation = read->request.conversation;
  EXPECT_EQ(conversation.system, made().system);
  EXPECT_EQ(conversation.messages[0].blocks.size(), 3u);
  expect_same(conversation, made());
}

TEST(RequestBody, IsReadAsWhatWasMeantByChatCompletions) {
  const auto read =
      decode_completions_request(request_body(BenchApi::completions, made(), "some-model"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->stream);
  EXPECT_TRUE(read->include_usage);
  EXPECT_EQ(read->request.conversation.system.at(0), made().system[0] + "\n\n" + made().system[1]);
  expect_same(read->request.conversation, made());
}

TEST(RequestBody, EscapesTheModelsName) {
  for (const BenchApi api : {BenchApi::messages, BenchApi::completions}) {
    const auto body = parse_json(request_body(api, made(), "a\"b\\c"), {});
    ASSERT_TRUE(body);
    EXPECT_EQ((*body)["model"], "a\"b\\c");
  }
}

}  // namespace
}  // namespace anyclaude
