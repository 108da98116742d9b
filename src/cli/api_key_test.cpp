#include "cli/api_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

class ApiKeyTest : public testing::Test {
 protected:
  ApiKeyTest() {
    config_.folders = {folder_.path() / "config", {}, {}, folder_.path() / "runtime"};
  }

  mode_t mode(const std::filesystem::path& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }

  bool may_bind(const std::string& host) {
    config_.http.host = host;
    return check_bind(config_).has_value();
  }

  TemporaryFolder folder_;
  Config config_;
};

TEST_F(ApiKeyTest, IsMadeOnceForItsOwnerAlone) {
  const KeyChoice first = choose_key(config_).value();
  EXPECT_EQ(first.secret.size(), 64u);
  EXPECT_EQ(first.file, folder_.path() / "config" / "key");
  EXPECT_EQ(mode(first.file), 0600u);
  EXPECT_EQ(mode(folder_.path() / "config"), 0700u);
  EXPECT_EQ(read_file(first.file, 100).value(), first.secret + "\n");
  EXPECT_EQ(choose_key(config_)->secret, first.secret);
}

TEST_F(ApiKeyTest, TwoFirstStartsAgree) {
  std::vector<std::string> keys(8);
  std::vector<std::thread> starts;
  for (std::string& key : keys) {
    starts.emplace_back([&] { key = choose_key(config_)->secret; });
  }
  for (std::thread& start : starts) start.join();
  for (const std::string& key : keys) EXPECT_EQ(key, keys.front());
}

TEST_F(ApiKeyTest, ClosesAFileThatOthersCouldRead) {
  const KeyChoice first = choose_key(config_).value();
  ASSERT_EQ(::chmod(first.file.c_str(), 0644), 0);
  EXPECT_EQ(choose_key(config_)->secret, first.secret);
  EXPECT_EQ(mode(first.file), 0600u);
}

TEST_F(ApiKeyTest, RefusesAFileWithoutAKey) {
  ASSERT_TRUE(choose_key(config_));
  for (const char* text : {"", "\n", "two words\n", "two\nlines\n"}) {
    std::ofstream(key_file(config_.folders)) << text;
    const auto key = choose_key(config_);
    ASSERT_FALSE(key) << text;
    EXPECT_NE(key.error().message.find("remove it"), std::string::npos);
  }
}

TEST_F(ApiKeyTest, TheUsersOwnLeavesNoFile) {
  config_.api.auth.owner_secret = "mine";
  EXPECT_EQ(choose_key(config_)->secret, "mine");
  EXPECT_EQ(choose_key(config_)->file, "");
  config_.api.auth.no_auth = true;
  EXPECT_EQ(choose_key(config_)->secret, "");
  EXPECT_FALSE(std::filesystem::exists(key_file(config_.folders)));
}

TEST_F(ApiKeyTest, LoopbackIsThisMachineAndNothingElse) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.1.2", "128.0.0.1", "127.0.0.1.example.com",
                           "localhost.example.com", "box", "", "::ffff:1.2.3.4"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST_F(ApiKeyTest, OtherAddressesNeedTheUsersOwnKey) {
  EXPECT_TRUE(may_bind("127.0.0.1"));
  EXPECT_FALSE(may_bind("0.0.0.0"));
  ASSERT_TRUE(choose_key(config_));  // a generated key does not count
  EXPECT_FALSE(may_bind("0.0.0.0"));
  config_.api.auth.owner_secret = "mine";
  EXPECT_TRUE(may_bind("0.0.0.0"));
  config_.api.auth.no_auth = true;
  EXPECT_FALSE(may_bind("0.0.0.0"));
  EXPECT_TRUE(may_bind("::1"));
}

}  // namespace
}  // namespace anyclaude
