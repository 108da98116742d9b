#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "base/random.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using std::chrono::seconds;

Command shell(std::string script, Environment environment = {}) {
  return {"/bin/sh", {"-c", std::move(script)}, std::move(environment)};
}

TEST(FindProgram, TakesTheFirstExecutableOfAbsoluteFolders) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) std::filesystem::create_directory(folder.path() / name);
  std::ofstream(folder.path() / "a" / "tool") << "not executable";
  std::ofstream(folder.path() / "b" / "tool") << "#!/bin/sh\n";
  std::filesystem::permissions(folder.path() / "b" / "tool", std::filesystem::perms::owner_all);
  const std::string path =
      "relative::" + (folder.path() / "a").string() + ":" + (folder.path() / "b").string();
  EXPECT_EQ(find_program("tool", path), folder.path() / "b" / "tool");
  EXPECT_EQ(find_program("other", path), std::nullopt);
  EXPECT_EQ(find_program("tool", ""), std::nullopt);
}

TEST(OwnProgram, IsThisTest) { EXPECT_TRUE(is_executable(own_program().value())); }

TEST(Environment, IsACopyOfTheProcess) {
  EXPECT_EQ(value_of(read_environment(), "PATH"), std::string(::getenv("PATH")));
  EXPECT_EQ(value_of({}, "PATH"), "");
  EXPECT_EQ(entries_of({{"B", "2"}, {"A", "x=y"}}), (std::vector<std::string>{"A=x=y", "B=2"}));
}

TEST(SpawnDetached, RunsInItsOwnSessionWithOutputInTheLog) {
  const TemporaryFolder folder;
  const auto log = folder.path() / "log";
  const auto process = spawn_detached(
      shell("echo \"$GREETING\"; cat; echo error >&2; ps -o sid= -p $$ 2>/dev/null || echo $$",
            {{"GREETING", "hello"}, {"PATH", "/usr/bin:/bin"}}),
      log);
  ASSERT_TRUE(process);
  ASSERT_TRUE(wait_until_gone(*process, seconds(20)));
  const std::string text = read_file(log, 1000).value();
  EXPECT_TRUE(text.starts_with("hello\nerror\n")) << text;
  // setsid() was called by its parent, which has gone: a session other than ours.
  const pid_t session = std::stoi(text.substr(text.find("error\n") + 6));
  EXPECT_NE(session, ::getsid(0));
}

TEST(SpawnDetached, InheritsNoFile) {
  const TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // without close-on-exec, as a careless caller has them
  const auto process = spawn_detached(shell("sleep 30"), folder.path() / "log");
  ASSERT_TRUE(process);
  ::close(ends[1]);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);  // the other end is nowhere open
  ::close(ends[0]);
  EXPECT_TRUE(process_runs(*process));
  ::kill(*process, SIGKILL);
  EXPECT_TRUE(wait_until_gone(*process, seconds(20)));
}

TEST(SpawnDetached, SaysWhatCannotBeRun) {
  const TemporaryFolder folder;
  const auto process = spawn_detached({folder.path() / "nothing", {}, {}}, folder.path() / "log");
  ASSERT_FALSE(process);
  EXPECT_NE(process.error().message.find("nothing"), std::string::npos);
  EXPECT_FALSE(spawn_detached(shell("true"), folder.path() / "no" / "log"));
}

TEST(ProcessRuns, IsFalseForAZombie) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  EXPECT_TRUE(wait_until_gone(child, seconds(20)));  // dead, and not yet waited for
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(process_runs(child));
  EXPECT_TRUE(process_runs(::getpid()));
  EXPECT_FALSE(process_runs(0));
  EXPECT_FALSE(wait_until_gone(::getpid(), std::chrono::milliseconds(1)));
}

TEST(OutputOf, IsWhatWasPrinted) {
  EXPECT_EQ(output_of(shell("echo $X; echo no >&2", {{"X", "yes"}}), 100).value(), "yes\n");
  EXPECT_EQ(output_of(shell("echo 12345"), 3).value(), "123");
  EXPECT_FALSE(output_of(shell("echo yes; exit 1"), 100));
  EXPECT_FALSE(output_of({"/no/such/program", {}, {}}, 100));
}

TEST(RunInTerminal, ReturnsTheExitCodeAndLeavesStandardOutputAlone) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto code = run_in_terminal(shell("echo \"$WORD\"; exit 3", {{"WORD", "hello"}}));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "hello\n");
  EXPECT_EQ(code, 3);
  EXPECT_EQ(run_in_terminal(shell("kill -9 $$")).error().kind, Error::Kind::io);
  EXPECT_EQ(run_in_terminal({"/no/such/program", {}, {}}).error().kind, Error::Kind::io);
}

TEST(Become, PassesOnTheExitCode) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Error error = become(shell("exit $CODE", {{"CODE", "42"}}));
    ::_exit(error.message.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(Become, ReturnsOnlyWhenItFails) {
  EXPECT_NE(become({"/no/such/program", {}, {}}).message.find("/no/such/program"),
            std::string::npos);
}

TEST(RandomHex, IsLongAndDiffers) {
  const std::string first = random_hex(32);
  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(first, random_hex(32));
}

}  // namespace
}  // namespace anyclaude
