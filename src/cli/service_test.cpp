#include "cli/service.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/process.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

const ServiceDefinition odd_service = {
    "/opt/any $claude/bin/anyclaude",
    {"serve", "--model=/m/50% \"x\" <&>'\\$HOME.gguf", "--port=9"},
    {{"XDG_CACHE_HOME", "/c $x%"}},
    "/state/service.log"};

TEST(ServiceFiles, QuoteWhatSystemdWouldTakeAsItsOwn) {
  const std::string unit = systemd_unit(odd_service);
  EXPECT_NE(unit.find("ExecStart=\"/opt/any $claude/bin/anyclaude\" \"serve\" "
                      R"("--model=/m/50%% \"x\" <&>'\\$$HOME.gguf" "--port=9")"
                      "\n"),
            std::string::npos)
      << unit;
  EXPECT_NE(unit.find("Environment=\"XDG_CACHE_HOME=/c $x%%\"\n"), std::string::npos) << unit;
  EXPECT_TRUE(is_our_service_file(unit));
  EXPECT_TRUE(is_our_service_file(launchd_plist(odd_service)));
  EXPECT_FALSE(is_our_service_file("[Service]\nExecStart=anyclaude\n"));
}

TEST(ServiceFiles, RefuseWhatTheyCannotHold) {
  EXPECT_TRUE(check_definition(odd_service));
  ServiceDefinition broken = odd_service;
  broken.arguments.back() += "\nExecStartPre=/bin/evil";
  EXPECT_FALSE(check_definition(broken));
  broken = odd_service;
  broken.environment["XDG_STATE_HOME"] = "/a\nb";
  EXPECT_FALSE(check_definition(broken));
}

// Python reads property lists as launchd does.
TEST(ServiceFiles, MakeAPropertyListOfTheSameWords) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "x.plist") << launchd_plist(odd_service);
  const auto python = find_program("python3", value_of(read_environment(), "PATH"));
  ASSERT_TRUE(python);
  const auto read = output_of(
      {*python,
       {"-c",
        "import plistlib, sys\n"
        "p = plistlib.load(open(sys.argv[1], 'rb'))\n"
        "print('|'.join(p['ProgramArguments']), p['EnvironmentVariables'], p['RunAtLoad'],"
        " p['KeepAlive'], p['StandardErrorPath'], oct(p['Umask']))",
        (folder.path() / "x.plist").string()},
       read_environment()},
      1 << 16);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(
      *read,
      "/opt/any $claude/bin/anyclaude|serve|--model=/m/50% \"x\" <&>'\\$HOME.gguf|--port=9 "
      "{'XDG_CACHE_HOME': '/c $x%'} True {'SuccessfulExit': False} /state/service.log 0o77\n");
}

// A program in the place of launchctl: it writes down what it is asked, and remembers what is
// loaded. What is asked of systemctl stands in tests/end_to_end/test_service.py.
class LaunchdTest : public testing::Test {
 protected:
  LaunchdTest() {
    const auto program = folder_.path() / "launchctl";
    std::ofstream(program) << fmt::format(R"(#!/bin/sh
echo "$@" >> '{0}/asked'
case "$1 $2" in
  "print gui/7") [ ! -e '{0}/away' ] ;;
  "print "*) [ -e '{0}/loaded' ] && printf 'x = {{\n\tstate = running\n\tpid = 4711\n}}\n' ;;
  "bootstrap "*) : > '{0}/loaded' ;;
  "bootout "*) rm '{0}/loaded' ;;
esac
)",
                                          folder_.path().string());
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  // What launchctl was told since the last time, without the questions.
  std::string told() {
    std::ifstream file(folder_.path() / "asked");
    std::string text;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("print ")) text += line + "\n";
    }
    std::filesystem::remove(folder_.path() / "asked");
    return text;
  }

  TemporaryFolder folder_;
  const std::unique_ptr<ServiceManager> manager_ = launchd_manager(
      {{"PATH", folder_.path().string() + ":/usr/bin:/bin"}, {"HOME", "/home/u"}}, 7);
};

TEST_F(LaunchdTest, IsToldToStartAndToStop) {
  const auto file = manager_->file();
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->string(), "/home/u/Library/LaunchAgents/local.anyclaude.plist");
  EXPECT_FALSE(manager_->activity().active);
  ASSERT_TRUE(manager_->start(*file, false));
  EXPECT_EQ(told(), "enable gui/7/local.anyclaude\nbootstrap gui/7 " + file->string() + "\n");
  EXPECT_TRUE(manager_->activity().active);
  EXPECT_EQ(manager_->activity().process, 4711);
  ASSERT_TRUE(manager_->start(*file, false)) << "again";
  EXPECT_EQ(told(), "enable gui/7/local.anyclaude\nkickstart gui/7/local.anyclaude\n");
  ASSERT_TRUE(manager_->start(*file, true)) << "with another file";
  EXPECT_EQ(told(),
            "bootout gui/7/local.anyclaude\nenable gui/7/local.anyclaude\nbootstrap gui/7 " +
                file->string() + "\n");
  ASSERT_TRUE(manager_->stop(*file));
  EXPECT_EQ(told(), "bootout gui/7/local.anyclaude\n");
  ASSERT_TRUE(manager_->stop(*file)) << "again";
  EXPECT_EQ(told(), "");
}

TEST_F(LaunchdTest, SaysWhatToDoWithoutASession) {
  std::ofstream(folder_.path() / "away") << "";
  const auto file = manager_->file();
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("Log in"), std::string::npos) << file.error().message;
}

}  // namespace
}  // namespace anyclaude
