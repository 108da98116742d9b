#include "cli/log.h"

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include <chrono>
#include <string>

namespace anyclaude {
namespace {

std::string line_of(const std::string& text, spdlog::level::level_enum level) {
  const spdlog::log_clock::time_point time(std::chrono::milliseconds(1'795'873'156'042));
  const spdlog::details::log_msg message(time, {}, "anyclaude", level, text);
  spdlog::memory_buf_t out;
  JsonLines().clone()->format(message, out);
  return {out.data(), out.size()};
}

TEST(JsonLines, AreOneObjectALine) {
  EXPECT_EQ(
      line_of("mode auto", spdlog::level::info),
      "{\"time\":\"2026-11-28T13:39:16.042Z\",\"level\":\"info\",\"message\":\"mode auto\"}\n");
  EXPECT_EQ(line_of("a \"b\"\nc\xFF", spdlog::level::err),
            "{\"time\":\"2026-11-28T13:39:16.042Z\",\"level\":\"error\","
            "\"message\":\"a \\\"b\\\"\\nc\xEF\xBF\xBD\"}\n");
}

TEST(JsonLines, TellWhichRequestTheyAreAbout) {
  EXPECT_EQ(line_of("req_0a1: it failed: badly", spdlog::level::warn),
            "{\"time\":\"2026-11-28T13:39:16.042Z\",\"level\":\"warning\","
            "\"request_id\":\"req_0a1\",\"message\":\"it failed: badly\"}\n");
  EXPECT_NE(
      line_of("req_ uests: none", spdlog::level::warn).find("\"message\":\"req_ uests: none\""),
      std::string::npos);
}

}  // namespace
}  // namespace anyclaude
