#include "engine/remote/openai_request.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

std::string encoded(ThinkingChoice::Mode mode, bool takes_template_options) {
  Conversation asked;
  asked.messages = {{Role::user, {TextBlock{"Hi"}}}};
  asked.thinking.mode = mode;
  return encode_openai_request(canonicalise(asked, {}), asked,
                               {"coder", 9, takes_template_options});
}

TEST(OpenAiRequestWriter, SaysWhetherToThinkWhereThatIsTaken) {
  const auto says = [](const std::string& body, const std::string& words) {
    return body.find(words) != std::string::npos;
  };
  using Mode = ThinkingChoice::Mode;
  EXPECT_TRUE(says(encoded(Mode::adaptive, true), R"({"enable_thinking":true})"));
  EXPECT_TRUE(says(encoded(Mode::enabled, true), R"({"enable_thinking":true})"));
  EXPECT_TRUE(says(encoded(Mode::disabled, true), R"({"enable_thinking":false})"));
  EXPECT_TRUE(says(encoded(Mode::unset, true), R"({"enable_thinking":false})"));
  EXPECT_FALSE(says(encoded(Mode::disabled, false), "thinking"));
}

}  // namespace
}  // namespace anyclaude
