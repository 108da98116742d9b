#include "base/terminal_process.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds plenty{20'000};

Command shell(const std::string& script) {
  return {"/bin/sh", {"-c", script}, {{"PATH", "/bin:/usr/bin"}}};
}

TEST(TerminalProcess, HasATerminal) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "seen";
  const auto process =
      TerminalProcess::start(shell("test -t 0 && test -t 1 && : > " + file.string())).value();
  EXPECT_FALSE(process->run_for(plenty));
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(TerminalProcess, MayPrintAsMuchAsItLikes) {
  const auto process = TerminalProcess::start(shell(
      "i=0; while [ $i -lt 3000 ]; do echo a line that fills the terminal; i=$((i+1)); done"));
  EXPECT_FALSE((*process)->run_for(plenty));
}

TEST(TerminalProcess, IsEndedWithWhatItStarted) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "child";
  {
    const auto process =
        TerminalProcess::start(shell("sleep 1000 & echo $! > " + file.string() + "; wait"));
    while (!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0) {
      ASSERT_TRUE((*process)->run_for(milliseconds(10)));
    }
  }
  pid_t child = 0;
  FILE* in = fopen(file.c_str(), "r");
  ASSERT_EQ(fscanf(in, "%d", &child), 1);
  fclose(in);
  EXPECT_TRUE(wait_until_gone(child, plenty));
}

TEST(TerminalProcess, WhatIsNoProgramEndsAtOnce) {
  const auto process = TerminalProcess::start({"/no/such/program", {}, {}});
  EXPECT_FALSE((*process)->run_for(plenty));
}

}  // namespace
}  // namespace anyclaude
