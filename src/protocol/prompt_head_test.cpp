#include "protocol/prompt_head.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

Request session() {
  Request request{.model = "claude-any"};
  Conversation& conversation = request.conversation;
  conversation.system = {"You help.", "You are brief."};
  conversation.tools = {
      {"Read", "Reads \"files\".", R"({"type":"object","properties":{"z":{},"a":{}}})"},
      {"Later", "Comes later.", "{}", true}};
  conversation.thinking.mode = ThinkingChoice::Mode::adaptive;
  conversation.messages = {
      {Role::user, {TextBlock{"<system-reminder>\nhere\n</system-reminder>"}, TextBlock{"secret"}}},
      {Role::assistant, {TextBlock{"answer"}}},
      {Role::user, {TextBlock{"more"}}}};
  return request;
}

TEST(PromptHead, EndsBeforeTheUsersWords) {
  const Request head = head_of(session());
  ASSERT_EQ(head.conversation.messages.size(), 1u);
  const auto& blocks = head.conversation.messages[0].blocks;
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_NE(std::get<TextBlock>(blocks[0]).text.find("here"), std::string::npos);
  EXPECT_EQ(std::get<TextBlock>(blocks[1]).text, ".");
  EXPECT_EQ(encode_head(head).find("secret"), std::string::npos);
  EXPECT_EQ(encode_head(head).find("answer"), std::string::npos);
}

TEST(PromptHead, ComesBackAsItWas) {
  const Request head = head_of(session());
  const auto back = decode_head(encode_head(head));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->model, "claude-any");
  EXPECT_EQ(back->conversation.system, head.conversation.system);
  ASSERT_EQ(back->conversation.tools.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back->conversation.tools[i].name, head.conversation.tools[i].name);
    EXPECT_EQ(back->conversation.tools[i].description, head.conversation.tools[i].description);
    EXPECT_EQ(back->conversation.tools[i].input_schema_json,
              head.conversation.tools[i].input_schema_json);
    EXPECT_EQ(back->conversation.tools[i].deferred, head.conversation.tools[i].deferred);
  }
  EXPECT_EQ(back->conversation.thinking.mode, ThinkingChoice::Mode::adaptive);
  EXPECT_EQ(encode_head(*back), encode_head(head));
}

TEST(PromptHead, OfWhateverAClientSends) {
  Request odd{.model = "m"};
  EXPECT_TRUE(decode_head(encode_head(head_of(odd))));
  odd.conversation.messages = {{Role::assistant, {TextBlock{"first"}}}};
  odd.conversation.tools = {{"Broken", "\xff\xfe", "not JSON"}};
  odd.conversation.system = {""};
  const auto back = decode_head(encode_head(head_of(odd)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->conversation.messages[0].role, Role::user);
}

}  // namespace
}  // namespace anyclaude
