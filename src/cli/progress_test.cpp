#include "cli/progress.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Progress, IsALineEachTenthWithoutATerminal) {
  std::string out;
  Progress progress([&](std::string_view text) { out += text; }, false);
  for (int percent = 0; percent <= 25; ++percent) {
    progress.show("loading model", static_cast<float>(percent) / 100 + 0.001f);
  }
  progress.end();
  EXPECT_EQ(out, "loading model 0 %\nloading model 10 %\nloading model 20 %\n");
}

TEST(Progress, IsOneLineDrawnAgainOnATerminal) {
  std::string out;
  Progress progress([&](std::string_view text) { out += text; }, true);
  progress.show("loading", 0.5f);
  EXPECT_EQ(out, "\r\033[Kloading [###############...............] 50 %");
  out.clear();
  progress.show("loading", 0.5f);
  EXPECT_EQ(out, "");
  progress.show("loading", 1.7f);
  EXPECT_EQ(out, "\r\033[Kloading [##############################] 100 %");
  out.clear();
  progress.end();
  EXPECT_EQ(out, "\r\033[K");
  out.clear();
  progress.end();
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace anyclaude
