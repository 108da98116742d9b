#include "protocol/model_id.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ModelIdTest, IsTheFilesNameInSmallLetters) {
  EXPECT_EQ(model_id_of_file("/m/SmolLM2-135M Instruct.Q4_1.gguf"),
            "local-smollm2-135m-instruct.q4-1");
}

TEST(ModelIdTest, HasThePrefixOnce) {
  EXPECT_EQ(model_id_of_name("small"), "local-small");
  EXPECT_EQ(model_id_of_name("local-small"), "local-small");
}

TEST(ModelIdTest, KnowsWhoWantsASmallModel) {
  EXPECT_TRUE(names_small_model("claude-Haiku-4-5"));
  EXPECT_TRUE(names_small_model("haiku"));
  EXPECT_FALSE(names_small_model("claude-opus-4-5"));
  EXPECT_FALSE(names_small_model(""));
}

}  // namespace
}  // namespace anyclaude
