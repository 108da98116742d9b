#include "cli/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Style = Progress::Style;

class ProgressTest : public testing::Test {
 protected:
  Progress make(Style style) {
    return Progress({.write = [this](std::string_view text) { out_ += text; },
                     .style = style,
                     .columns = [this] { return columns_; },
                     .now = [this] { return now_; }});
  }
  // What was written since the last call.
  std::string taken() { return std::exchange(out_, {}); }
  void pass(milliseconds time) { now_ += time; }

  std::string out_;
  size_t columns_ = 80;
  Pace::Time now_ = Pace::Time() + seconds(1'000);
};

TEST_F(ProgressTest, IsALineEachTenthWithoutATerminal) {
  Progress progress = make(Style::lines);
  for (int percent = 0; percent <= 25; ++percent) {
    progress.show("loading model", static_cast<float>(percent) / 100 + 0.001f);
  }
  progress.end();
  EXPECT_EQ(taken(), "loading model 0 %\nloading model 10 %\nloading model 20 %\n");
}

TEST_F(ProgressTest, TellsRateAndTimeLeftInLinesToo) {
  Progress progress = make(Style::lines);
  const uint64_t all = 100ull << 20;
  for (uint64_t done = 0; done <= all; done += 1 << 20) {
    progress.show("fetching", {static_cast<float>(done) / static_cast<float>(all), done});
    pass(milliseconds(500));
  }
  const std::string text = taken();
  EXPECT_TRUE(text.starts_with("fetching 0 %\nfetching 10 %, 2.0 MiB/s, 45s left\n")) << text;
  EXPECT_TRUE(text.ends_with("\nfetching 100 %, 2.0 MiB/s\n")) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST_F(ProgressTest, TellsTokensASecond) {
  Progress progress = make(Style::lines);
  for (uint64_t done = 0; done <= 10; ++done) {
    progress.show("computing", {.fraction = static_cast<float>(done) / 10, .tokens = done * 1'500});
    pass(milliseconds(1'000));
  }
  EXPECT_NE(taken().find("computing 50 %, 1,500 tokens/s, 5s left\n"), std::string::npos);
}

TEST_F(ProgressTest, IsOneLineDrawnAgainOnATerminal) {
  Progress progress = make(Style::coloured);
  progress.show("loading", 0.5f);
  EXPECT_EQ(taken(), "\r\033[Kloading [\033[32m###############\033[0m...............] 50 %");
  progress.show("loading", 0.5f);
  progress.show("loading", 0.6f);
  EXPECT_EQ(taken(), "") << "not more often than anybody can read";
  pass(milliseconds(150));
  progress.show("loading", 0.6f);
  EXPECT_EQ(taken(), "\r\033[Kloading [\033[32m##################\033[0m............] 60 %");
  progress.show("loading", 1.7f);
  EXPECT_EQ(taken(), "\r\033[Kloading [\033[32m##############################\033[0m] 100 %")
      << "the end is always shown";
  progress.end();
  EXPECT_EQ(taken(), "\r\033[K");
  progress.end();
  EXPECT_EQ(taken(), "");
}

TEST_F(ProgressTest, HasNoEscapeCodesWhereNoneAreWanted) {
  Progress progress = make(Style::plain);
  progress.show("a long name of a thing", 0.5f);
  EXPECT_EQ(taken(), "\ra long name of a thing [###############...............] 50 %");
  progress.show("short", 0.1f);
  EXPECT_EQ(taken(), "\rshort [###...........................] 10 %" + std::string(17, ' '))
      << "nothing of the longer line stays";
  progress.end();
  EXPECT_EQ(taken(), "\r" + std::string(43, ' ') + "\r");
}

TEST_F(ProgressTest, NeverWrapsALine) {
  const std::string what = "prüfe ein Wort und noch eines und viele mehr, bis die Zeile voll ist";
  for (columns_ = 30; columns_ < 140; ++columns_) {
    Progress progress = make(Style::plain);
    progress.show(what, 0.55f);
    const std::string line = taken().substr(1);
    const auto wide = std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
    EXPECT_LT(static_cast<size_t>(wide), columns_) << line;
    EXPECT_TRUE(line.ends_with("55 %")) << line;
    EXPECT_EQ(line.find('[') != std::string::npos, columns_ >= 46) << line;
    progress.end();
    taken();
  }
}

TEST_F(ProgressTest, TheBarKeepsItsLength) {
  columns_ = 70;
  Progress progress = make(Style::plain);
  std::vector<size_t> ends;
  for (uint64_t done = 0; done <= 100; ++done) {
    progress.show("fetching m-Q4_K_M.gguf", {static_cast<float>(done) / 100, done << 23});
    pass(milliseconds(250));
    if (const std::string line = taken(); !line.empty()) ends.push_back(line.find(']'));
  }
  EXPECT_GT(ends.size(), 90u);
  EXPECT_EQ(std::ranges::count(ends, ends.front()), std::ssize(ends));
}

TEST_F(ProgressTest, TheTimeLeftIsSteady) {
  Progress progress = make(Style::plain);
  // A step takes now 50 ms, now 1.5 s; 600 of them are half of it all.
  std::vector<int> left;
  for (int step = 0; step < 600; ++step) {
    progress.show("fetching", static_cast<float>(step) / 1'200);
    pass(milliseconds(step % 2 == 0 ? 50 : 1'550));
    const std::string line = taken();
    const size_t comma = line.rfind(", ");
    if (step < 100 || comma == std::string::npos) continue;
    int minutes = 0;
    int rest = 0;
    ASSERT_GE(sscanf(line.c_str() + comma, ", %dm %ds left", &minutes, &rest), 1) << line;
    left.push_back(minutes * 60 + rest);
  }
  ASSERT_GT(left.size(), 100u);
  for (size_t i = 1; i < left.size(); ++i) EXPECT_LE(std::abs(left[i] - left[i - 1]), 40);
  EXPECT_NEAR(left.front(), 880, 60);
  EXPECT_NEAR(left.back(), 480, 40);
}

TEST_F(ProgressTest, ShowsHowLongItWaits) {
  Progress lines = make(Style::lines);
  lines.show_waiting("waiting for mlx-lm");
  for (int second = 1; second <= 65; ++second) {
    pass(seconds(1));
    lines.show_waiting("waiting for mlx-lm");
  }
  EXPECT_EQ(taken(), "waiting for mlx-lm\nwaiting for mlx-lm 30s\nwaiting for mlx-lm 1m\n");
  Progress drawn = make(Style::plain);
  drawn.show_waiting("waiting");
  pass(seconds(3));
  drawn.show_waiting("waiting");
  EXPECT_EQ(taken(), "\rwaiting \rwaiting 3s");
}

TEST(ProgressStyle, IsWhatTheTerminalCanAndTheUserWants) {
  const Environment normal = {{"TERM", "xterm"}};
  EXPECT_EQ(Progress::choose_style(true, normal), Style::coloured);
  EXPECT_EQ(Progress::choose_style(false, normal), Style::lines);
  EXPECT_EQ(Progress::choose_style(true, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}), Style::plain);
  EXPECT_EQ(Progress::choose_style(true, {{"TERM", "dumb"}}), Style::lines);
  EXPECT_EQ(Progress::choose_style(true, {}), Style::lines);
}

}  // namespace
}  // namespace anyclaude
