#include "cli/client_program.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

class ClientProgramTest : public testing::Test {
 protected:
  std::filesystem::path make_program(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  ClientProgramTest() { config_.folders.cache = folder_.path() / "cache"; }

  TemporaryFolder folder_;
  Config config_;
  Environment environment_ = {{"PATH", (folder_.path() / "bin").string()}};
};

TEST_F(ClientProgramTest, ConfiguredBeatsPathBeatsCache) {
  const auto in_cache = make_program(config_.folders.cache / "claude/node_modules/.bin/claude");
  EXPECT_EQ(find_client(config_, environment_), in_cache);
  const auto on_path = make_program(folder_.path() / "bin" / "claude");
  EXPECT_EQ(find_client(config_, environment_), on_path);
  config_.launcher.client = make_program(folder_.path() / "mine");
  EXPECT_EQ(find_client(config_, environment_), config_.launcher.client);
}

TEST_F(ClientProgramTest, AConfiguredOneMustBeThere) {
  make_program(folder_.path() / "bin" / "claude");
  config_.launcher.client = folder_.path() / "nothing";
  const auto client = find_client(config_, environment_);
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("nothing"), std::string::npos);
}

TEST_F(ClientProgramTest, SaysHowToInstallIt) {
  const auto client = find_client(config_, environment_);
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("npm install -g @anthropic-ai/claude-code"),
            std::string::npos);
  EXPECT_NE(client.error().message.find("scripts/setup/claude.sh"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
