#include "cli/check.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using Level = Check::Level;

TEST(Check, IsPrintedForPeopleAndPrograms) {
  const std::vector<Check> checks = {
      {Level::ok, "claude", "/c", ""},
      {Level::fail, "model", "say \"no\"\nagain", "fetch it", {{{"/bin/get", "it's"}}, {{"b"}}}}};
  EXPECT_EQ(checks_text(checks),
            "ok    claude    /c\n"
            "fail  model     say \"no\"\n"
            "                again\n"
            "                -> fetch it\n"
            "                   /bin/get 'it'\\''s'\n"
            "                   b\n");
  EXPECT_EQ(checks_json(checks),
            "{\"ok\":false,\"checks\":["
            "{\"level\":\"ok\",\"name\":\"claude\",\"text\":\"/c\",\"advice\":\"\","
            "\"commands\":[]},"
            "{\"level\":\"fail\",\"name\":\"model\",\"text\":\"say \\\"no\\\"\\nagain\","
            "\"advice\":\"fetch it\",\"commands\":[\"/bin/get 'it'\\\\''s'\",\"b\"]}]}\n");
  EXPECT_TRUE(checks_json({}).starts_with("{\"ok\":true"));
}

TEST(Check, ACommandIsWrittenAsAShellReadsIt) {
  EXPECT_EQ(command_text({{"/p/python3", "-m", "pip", "mlx==1.2"}}), "/p/python3 -m pip mlx==1.2");
  EXPECT_EQ(command_text({{"/my folder/p", "mlx[cpu]", "", "$HOME"}}),
            "'/my folder/p' 'mlx[cpu]' '' '$HOME'");
}

TEST(Check, TheContextMustHoldTheClientsPrompt) {
  EXPECT_EQ(check_context(4'000).level, Level::fail);
  EXPECT_EQ(check_context(8'192).level, Level::warn);
  EXPECT_EQ(check_context(20'000).level, Level::warn);
  EXPECT_EQ(check_context(32'768).level, Level::ok);
}

}  // namespace
}  // namespace anyclaude
