#include "api/recent_log.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace anyclaude {
namespace {

TEST(RecentLog, KeepsTheLastWarningsAndErrors) {
  const auto log = std::make_shared<RecentLog>(3);
  spdlog::logger logger("test", log);
  logger.info("nothing of note");
  logger.warn("one");
  logger.error("two {}", "and <b>more</b>");
  LogLines lines = log->after(0, 10);
  ASSERT_EQ(lines.lines.size(), 2u);
  EXPECT_EQ(lines.lines[0].number, 1u);
  EXPECT_EQ(lines.lines[0].level, "warning");
  EXPECT_EQ(lines.lines[0].text, "one");
  EXPECT_GT(lines.lines[0].time_s, 1'700'000'000);
  EXPECT_EQ(lines.lines[1].level, "error");
  EXPECT_EQ(lines.lines[1].text, "two and <b>more</b>");
  EXPECT_TRUE(log->after(2, 10).lines.empty());

  logger.warn(std::string(10'000, 'x'));
  logger.warn("four");
  EXPECT_EQ(log->after(0, 10).lines.size(), 3u);
  EXPECT_EQ(log->after(0, 1).lines.front().text, "four");
  EXPECT_EQ(log->after(2, 2).lines.front().text.size(), RecentLog::text_bytes_max);
}

}  // namespace
}  // namespace anyclaude
