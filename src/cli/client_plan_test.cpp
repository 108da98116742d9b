#include "cli/client_plan.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using Arguments = std::vector<std::string>;

ClientPoint point_with(uint32_t context, uint32_t output = 0) {
  return {"http://127.0.0.1:8484", "k3y", "local-qwen", "", context, output};
}

std::string notes_of(const ClientPlan& plan) {
  std::string all;
  for (const std::string& note : plan.notes) all += note + "\n";
  return all;
}

TEST(ClientPlan, NamesTheSmallModelForWhatIsSmall) {
  ClientPoint point = point_with(65'536);
  point.small_model_id = "local-small";
  const Environment environment = plan_client(point, {}, {}).environment;
  EXPECT_EQ(value_of(environment, "ANTHROPIC_DEFAULT_HAIKU_MODEL"), "local-small");
  EXPECT_EQ(value_of(environment, "ANTHROPIC_MODEL"), "local-qwen");
}

TEST(ClientPlan, AimsAtTheServer) {
  const Environment user = {{"HOME", "/home/ann"},
                            {"ANTHROPIC_BASE_URL", "https://elsewhere"},
                            {"ANTHROPIC_AUTH_TOKEN", "theirs"},
                            {"ANTHROPIC_API_KEY", "real key"},
                            {"ANTHROPIC_MODEL", "opus"},
                            {"CLAUDE_CODE_USE_BEDROCK", "1"}};
  const ClientPlan plan = plan_client(point_with(65'536), user, {});
  const Environment& environment = plan.environment;
  EXPECT_EQ(value_of(environment, "HOME"), "/home/ann");
  EXPECT_EQ(value_of(environment, "ANTHROPIC_BASE_URL"), "http://127.0.0.1:8484");
  EXPECT_EQ(value_of(environment, "ANTHROPIC_AUTH_TOKEN"), "k3y");
  EXPECT_EQ(environment.count("ANTHROPIC_API_KEY"), 0u);
  EXPECT_EQ(environment.count("CLAUDE_CODE_USE_BEDROCK"), 0u);
  EXPECT_EQ(notes_of(plan), "CLAUDE_CODE_USE_BEDROCK is taken out.\n");
  for (const char* name : {"ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_OPUS_MODEL",
                           "ANTHROPIC_DEFAULT_SONNET_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL"}) {
    EXPECT_EQ(value_of(environment, name), "local-qwen") << name;
  }
}

TEST(ClientPlan, SetsWhatALocalServerNeeds) {
  const Environment environment = plan_client(point_with(65'536), {}, {}).environment;
  const Environment expected = {{"CLAUDE_CODE_ATTRIBUTION_HEADER", "0"},
                                {"ENABLE_TOOL_SEARCH", "false"},
                                {"CLAUDE_CODE_MODEL_CAPABILITIES", "local-*=-mid_conv_system"},
                                {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
                                {"CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"},
                                {"CLAUDE_CODE_MAX_CONTEXT_TOKENS", "65536"},
                                {"CLAUDE_CODE_MAX_OUTPUT_TOKENS", "16384"},
                                {"CLAUDE_STREAM_IDLE_TIMEOUT_MS", "900000"},
                                {"API_TIMEOUT_MS", "1200000"},
                                {"API_FORCE_IDLE_TIMEOUT", "0"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(value_of(environment, name), value) << name;
  EXPECT_EQ(environment.count("IS_SANDBOX"), 0u);
  EXPECT_EQ(environment.count("NO_PROXY"), 0u);
}

TEST(ClientPlan, KeepsWhatTheUserHasSet) {
  const Environment user = {{"CLAUDE_CODE_MAX_OUTPUT_TOKENS", "999"},
                            {"ENABLE_TOOL_SEARCH", "true"},
                            {"CLAUDE_CODE_DISABLE_AUTO_MEMORY", ""},
                            {"API_TIMEOUT_MS", "5"}};
  const Environment environment = plan_client(point_with(65'536), user, {}).environment;
  for (const auto& [name, value] : user) EXPECT_EQ(value_of(environment, name), value) << name;
}

TEST(ClientPlan, TheAnswerLeavesRoomForThePrompt) {
  const auto output_of = [](uint32_t context, uint32_t most) {
    const ClientPlan plan = plan_client(point_with(context, most), {}, {});
    return std::string(value_of(plan.environment, "CLAUDE_CODE_MAX_OUTPUT_TOKENS"));
  };
  EXPECT_EQ(output_of(65'536, 0), "16384");
  EXPECT_EQ(output_of(65'536, 1'000), "1000");
  EXPECT_EQ(output_of(8'192, 0), "512");
  EXPECT_EQ(output_of(8'192, 8'191), "512");
  EXPECT_EQ(output_of(0, 8'191), "");  // an unknown context: nothing is claimed
}

TEST(ClientPlan, ASmallContextGetsFewTools) {
  const ClientPlan plan = plan_client(point_with(8'192), {}, {"-p", "hello"});
  EXPECT_EQ(plan.arguments, (Arguments{"--tools=Bash,Edit,Read,Write",
                                       "--permission-mode=acceptEdits", "-p", "hello"}));
  EXPECT_NE(notes_of(plan).find("context of 8192 tokens is small"), std::string::npos);
  EXPECT_EQ(notes_of(plan).find("WARNING"), std::string::npos);
  EXPECT_EQ(plan_client(point_with(16'384), {}, {}).arguments,
            (Arguments{"--permission-mode=acceptEdits"}));
  EXPECT_EQ(notes_of(plan_client(point_with(16'384), {}, {})), "");
}

TEST(ClientPlan, TheUsersToolsStay) {
  for (const char* flag :
       {"--tools", "--tools=Bash", "--allowedTools", "--allowed-tools=Bash", "--bare"}) {
    const ClientPlan plan = plan_client(point_with(8'192), {}, {flag, "x"});
    EXPECT_EQ(plan.arguments, (Arguments{"--permission-mode=acceptEdits", flag, "x"}));
  }
  // Behind "--" it is the prompt.
  EXPECT_EQ(plan_client(point_with(8'192), {}, {"--", "--tools"}).arguments.front(),
            "--tools=Bash,Edit,Read,Write");
}

TEST(ClientPlan, WarnsWhenNothingFits) {
  EXPECT_NE(notes_of(plan_client(point_with(4'096), {}, {})).find("WARNING: 4096 tokens"),
            std::string::npos);
  EXPECT_NE(notes_of(plan_client(point_with(4'096), {}, {"--tools", "Bash"})).find("WARNING"),
            std::string::npos);
}

TEST(ClientPlan, TheUsersPermissionsStay) {
  for (const char* flag :
       {"--permission-mode", "--permission-mode=plan", "--dangerously-skip-permissions"}) {
    EXPECT_EQ(plan_client(point_with(65'536), {}, {flag}).arguments, (Arguments{flag}));
  }
}

TEST(ClientPlan, OtherModelNamesKeepTheirCapabilities) {
  ClientPoint point = point_with(65'536);
  point.model_id = "house-model";
  const Environment environment = plan_client(point, {}, {}).environment;
  EXPECT_EQ(value_of(environment, "CLAUDE_CODE_MODEL_CAPABILITIES"),
            "house-model=-mid_conv_system");
}

TEST(ClientPlan, GoesAroundProxies) {
  const Environment user = {{"https_proxy", "http://proxy:3128"}, {"NO_PROXY", "intern"}};
  const Environment environment = plan_client(point_with(65'536), user, {}).environment;
  EXPECT_EQ(value_of(environment, "NO_PROXY"), "intern,localhost,127.0.0.1,::1");
  EXPECT_EQ(value_of(environment, "no_proxy"), "intern,localhost,127.0.0.1,::1");
  EXPECT_EQ(value_of(environment, "https_proxy"), "http://proxy:3128");
}

TEST(ClientPlan, AServerWithoutKeysGetsAnyToken) {
  ClientPoint point = point_with(65'536);
  point.key.clear();
  EXPECT_NE(value_of(plan_client(point, {}, {}).environment, "ANTHROPIC_AUTH_TOKEN"), "");
}

}  // namespace
}  // namespace anyclaude
