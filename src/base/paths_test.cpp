#include "base/paths.h"

#include <gtest/gtest.h>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

TEST(Folders, AreBelowHomeByDefault) {
  const auto folders = find_folders({{"HOME", "/home/ann"}, {"TMPDIR", "/var/t"}}, 7).value();
  EXPECT_EQ(folders.config, "/home/ann/.config/anyclaude");
  EXPECT_EQ(folders.cache, "/home/ann/.cache/anyclaude");
  EXPECT_EQ(folders.state, "/home/ann/.local/state/anyclaude");
  EXPECT_EQ(folders.runtime, "/var/t/anyclaude-7");
}

TEST(Folders, FollowTheXdgVariables) {
  const TemporaryFolder runtime;
  const Environment environment = {{"HOME", "/home/ann"},
                                   {"XDG_CONFIG_HOME", "/c"},
                                   {"XDG_CACHE_HOME", "/k"},
                                   {"XDG_STATE_HOME", "/s"},
                                   {"XDG_RUNTIME_DIR", runtime.path().string()}};
  const auto folders = find_folders(environment, 7).value();
  EXPECT_EQ(folders.config, "/c/anyclaude");
  EXPECT_EQ(folders.cache, "/k/anyclaude");
  EXPECT_EQ(folders.state, "/s/anyclaude");
  EXPECT_EQ(folders.runtime, runtime.path() / "anyclaude");
}

TEST(Folders, IgnoreRelativeAndEmptyVariables) {
  const Environment environment = {{"HOME", "/home/ann"},
                                   {"XDG_CONFIG_HOME", "config"},
                                   {"XDG_CACHE_HOME", ""},
                                   {"TMPDIR", "tmp"}};
  const auto folders = find_folders(environment, 7).value();
  EXPECT_EQ(folders.config, "/home/ann/.config/anyclaude");
  EXPECT_EQ(folders.cache, "/home/ann/.cache/anyclaude");
  EXPECT_EQ(folders.runtime, "/tmp/anyclaude-7");
}

TEST(Folders, IgnoreARuntimeFolderThatIsGone) {
  const Environment environment = {{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/no/such/folder"}};
  EXPECT_EQ(find_folders(environment, 7)->runtime, "/tmp/anyclaude-7");
}

TEST(Folders, NeedHomeOnlyWhereItMatters) {
  const auto missing = find_folders({{"XDG_CONFIG_HOME", "/c"}, {"XDG_CACHE_HOME", "/k"}}, 7);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("XDG_STATE_HOME"), std::string::npos);
  EXPECT_TRUE(find_folders(
      {{"XDG_CONFIG_HOME", "/c"}, {"XDG_CACHE_HOME", "/k"}, {"XDG_STATE_HOME", "/s"}}, 7));
}

}  // namespace
}  // namespace anyclaude
