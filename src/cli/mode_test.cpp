#include "cli/mode.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "cli/backend_choice.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

TEST(ModeText, TellsOfEveryServer) {
  ModeReport report;
  report.mode = "vllm";
  report.servers = {{.mode = "embedded", .name = "embedded", .address = "/m.gguf"},
                    {.mode = "vllm",
                     .name = "vllm",
                     .address = "http://gpu:8000",
                     .open = true,
                     .ready = true,
                     .model = "coder",
                     .images = true,
                     .context_tokens = 32'768,
                     .in_flight = 2,
                     .answers = 3,
                     .first_token_s = 0.42},
                    {.mode = "lmstudio",
                     .name = "lmstudio",
                     .address = "http://localhost:1234",
                     .open = true,
                     .what = "Nothing answers at http://localhost:1234."}};
  EXPECT_EQ(
      mode_text(report),
      "mode vllm\n"
      "  embedded     /m.gguf: not asked yet\n"
      "* vllm         http://gpu:8000: coder, 32,768 tokens, tools told in words, sees images, "
      "2 in flight, first token after 0.4 s\n"
      "  lmstudio     http://localhost:1234: Nothing answers at http://localhost:1234.\n");
}

TEST(ModeReport, ComesBackAsItWas) {
  ModeReport report;
  report.mode = "auto";
  report.servers = {{.mode = "vllm", .name = "vllm-2", .weight = 0.5, .ready = true}};
  const auto read = decode_mode_report(encode(report));
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(*read), encode(report));
  EXPECT_EQ(decode_mode_order(R"({"mode":"vllm"})")->keep, true);
  EXPECT_FALSE(decode_mode_order(R"({"mod":"vllm"})"));
}

class FirstModeTest : public ::testing::Test {
 protected:
  FirstModeTest() { config_.folders.state = folder_.path(); }
  TemporaryFolder folder_;
  Config config_;
};

TEST_F(FirstModeTest, IsTheOneThatIsSetElseTheLastElseEmbedded) {
  EXPECT_EQ(first_mode(config_), "embedded");
  ASSERT_TRUE(write_file(mode_file(config_.folders), "vllm\n"));
  EXPECT_EQ(first_mode(config_), "vllm");
  config_.backend.mode = "auto";
  EXPECT_EQ(first_mode(config_), "auto");
}

TEST_F(FirstModeTest, OfAServerNeedsItsAddress) {
  config_.backend.mode = "openai";
  EXPECT_FALSE(check_backend(config_));
  config_.backend.openai.url = "http://a:1,http://b:2";
  EXPECT_TRUE(check_backend(config_));
  const auto options = remote_options(config_.backend, "openai");
  ASSERT_TRUE(options);
  ASSERT_EQ(options->size(), 2u);
  EXPECT_EQ((*options)[1].name, "openai-2");
  EXPECT_TRUE(remote_options(config_.backend, "embedded")->empty());
}

TEST_F(FirstModeTest, AnthropicsOwnServersGetRequestsAsTheyWereSent) {
  const auto passes_on = [this](const std::string& url) {
    config_.backend.anthropic.url = url;
    return first_remote(config_.backend)->pass_on;
  };
  config_.backend.mode = "anthropic";
  EXPECT_TRUE(passes_on("https://api.anthropic.com"));
  EXPECT_FALSE(passes_on("https://api-anthropic.com"));
  EXPECT_FALSE(passes_on("https://anthropic.com.evil.example"));
  EXPECT_FALSE(passes_on("http://localhost:9001"));
  config_.backend.anthropic_requests = "as-sent";
  EXPECT_TRUE(passes_on("http://localhost:9001"));
  config_.backend.anthropic_requests = "canonical";
  EXPECT_FALSE(passes_on("https://api.anthropic.com"));
}

}  // namespace
}  // namespace anyclaude
