#include "net/http_head.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using State = HttpHeadScanner::State;

constexpr HttpHeadLimits small = {
    .target_bytes_max = 50, .header_bytes_max = 30, .headers_max = 3, .head_bytes_max = 160};

State scan(const std::string& bytes, HttpHeadLimits limits = small) {
  return HttpHeadScanner(limits).scan(bytes);
}

TEST(HttpHeadScanner, CompleteAtTheEmptyLine) {
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\r\n"), State::incomplete);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::complete);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(500, 'x')), State::complete);
}

TEST(HttpHeadScanner, RefusesWhatIsTooLongBeforeItsEnd) {
  EXPECT_EQ(scan("GET /" + std::string(100, 'a')), State::target_too_long);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nA: " + std::string(40, 'b')), State::too_large);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), State::complete);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), State::too_large);
  const std::string line = std::string(28, 'c') + "\r\n";
  HttpHeadLimits many = small;
  many.headers_max = 100;
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n" + line + line + line + line + line, many), State::too_large);
}

TEST(HttpHeadScanner, FeelsNoCuts) {
  const std::string head = "GET /path HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
  HttpHeadScanner scanner(small);
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(scanner.scan(std::string_view(head).substr(0, size)), State::incomplete) << size;
  }
  EXPECT_EQ(scanner.scan(head), State::complete);
}

TEST(PathSegments, DecodesEachSegmentByItself) {
  EXPECT_EQ(path_segments("/v1/models/owner%2Frepo"),
            (std::vector<std::string>{"v1", "models", "owner/repo"}));
  EXPECT_EQ(path_segments("//v1/"), (std::vector<std::string>{"v1"}));
  EXPECT_TRUE(path_segments("/").empty());
}

TEST(PercentDecode, LeavesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%20b%C3%a9"), "a b\xC3\xA9");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
}

}  // namespace
}  // namespace anyclaude
