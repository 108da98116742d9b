#include "cli/connect_help.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

const std::string url = "http://127.0.0.1:8484";

TEST(ConnectHelp, ReadsTheKeyFromItsFile) {
  const std::string help = connect_help(url, {"s3cret", "/home/ann's/key"});
  EXPECT_NE(help.find("export ANTHROPIC_BASE_URL=http://127.0.0.1:8484\n"), std::string::npos);
  EXPECT_NE(help.find("export ANTHROPIC_AUTH_TOKEN=\"$(cat '/home/ann'\\''s/key')\"\n"),
            std::string::npos)
      << help;
  EXPECT_EQ(help.find("s3cret"), std::string::npos);
}

TEST(ConnectHelp, NeverShowsTheUsersOwnKey) {
  const std::string help = connect_help(url, {"s3cret", {}});
  EXPECT_NE(help.find("ANTHROPIC_AUTH_TOKEN=\"$ANYCLAUDE_API_KEY\""), std::string::npos);
  EXPECT_EQ(help.find("s3cret"), std::string::npos);
}

TEST(ConnectHelp, SaysWhenThereIsNoKey) {
  EXPECT_NE(connect_help(url, {}).find("no key"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
