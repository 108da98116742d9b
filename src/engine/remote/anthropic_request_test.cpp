#include "engine/remote/anthropic_request.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

Conversation conversation() {
  Conversation conversation;
  conversation.system = {"Be short."};
  conversation.messages = {{Role::user, {TextBlock{"Hi"}}}};
  return conversation;
}

TEST(AnthropicRequestWriter, SaysWhatTheAnswerMustBe) {
  Conversation asked = conversation();
  asked.sampling.top_k = 1;
  asked.stop_sequences = {"END"};
  asked.output_schema_json = R"({"enum":["a"]})";
  EXPECT_EQ(encode_anthropic_request(canonicalise(asked, {}), asked, {"coder", 9}),
            R"({"model":"coder","stream":true,"max_tokens":9,"thinking":{"type":"disabled"},)"
            R"("top_k":1,"stop_sequences":["END"],)"
            R"("output_config":{"format":{"type":"json_schema","schema":{"enum":["a"]}}},)"
            R"("system":"Be short.",)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})");
}

TEST(AnthropicRequestWriter, SaysWhetherToThink) {
  Conversation asked = conversation();
  asked.thinking.mode = ThinkingChoice::Mode::adaptive;
  EXPECT_EQ(encode_anthropic_request(canonicalise(asked, {}), asked, {"coder", 9, true}),
            R"({"model":"coder","stream":true,"max_tokens":9,)"
            R"("chat_template_kwargs":{"enable_thinking":true},"system":"Be short.",)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})");
}

TEST(AnthropicRequestWriter, AsksForACountWithoutWhatIsNoPrompt) {
  const Conversation asked = conversation();
  EXPECT_EQ(encode_anthropic_count(canonicalise(asked, {}), asked, "coder"),
            R"({"model":"coder","system":"Be short.",)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})");
}

}  // namespace
}  // namespace anyclaude
