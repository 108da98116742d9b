#include "protocol/sse.h"

#include <gtest/gtest.h>

#include <random>

namespace anyclaude {
namespace {

using Events = std::vector<SseEvent>;

Events parse(std::string_view stream) { return SseParser().feed(stream).value(); }

TEST(SseParser, ReadsFields) {
  EXPECT_EQ(parse("event: ping\ndata: {\"a\":1}\n\n"), (Events{{"ping", "{\"a\":1}", ""}}));
  EXPECT_EQ(parse("data:a\ndata: b\ndata:  c\n\n"), (Events{{"", "a\nb\n c", ""}}));
  EXPECT_EQ(parse("id: 7\ndata: a\n\ndata: b\n\n"), (Events{{"", "a", "7"}, {"", "b", "7"}}));
  EXPECT_EQ(parse("data\n\n"), (Events{{"", "", ""}}));
}

TEST(SseParser, IgnoresWhatMeansNothing) {
  EXPECT_EQ(parse(": a comment\nunknown: x\nretry: 5\n\n"), Events{});
  EXPECT_EQ(parse("event: lost\n\ndata: kept\n\n"), (Events{{"", "kept", ""}}));
  EXPECT_EQ(parse("data: without its empty line\n"), Events{});
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "data: a\n\n"),
            (Events{{"", "a", ""}}));
}

TEST(SseParser, TakesEveryLineEnd) {
  const Events expected = {{"", "a\nb", ""}, {"", "c", ""}};
  EXPECT_EQ(parse("data: a\ndata: b\n\ndata: c\n\n"), expected);
  EXPECT_EQ(parse("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"), expected);
  EXPECT_EQ(parse("data: a\rdata: b\r\rdata: c\r\r"), expected);
}

TEST(SseParser, FeelsNoCuts) {
  const std::string stream =
      "\xEF\xBB\xBF: hello\r\nevent: one\r\ndata: \xC3\xA9\r\ndata: 2\r\n\r\n"
      "data: x\n\nid: 3\rdata: y\r\revent: z\ndata: {}\n\ndata: rest";
  const Events expected = parse(stream);
  ASSERT_EQ(expected.size(), 4u);
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    SseParser parser;
    Events events;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = round == 0 ? 1 : 1 + random() % 9;
      const Events more = parser.feed(std::string_view(stream).substr(at, size)).value();
      events.insert(events.end(), more.begin(), more.end());
      at += size;
    }
    ASSERT_EQ(events, expected) << "round " << round;
  }
}

TEST(SseParser, LimitsAnEvent) {
  SseParser parser({.event_bytes_max = 100});
  EXPECT_TRUE(parser.feed("data: " + std::string(80, 'x') + "\n").has_value());
  const auto more = parser.feed("data: " + std::string(80, 'x'));
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().kind, Error::Kind::too_large);
}

TEST(AppendSse, IsReadBackTheSame) {
  std::string stream;
  append_sse(stream, "a", "{\"x\":1}");
  append_sse(stream, "", "two\nlines\r\nthree\rfour");
  append_sse(stream, "empty", "");
  EXPECT_EQ(stream.substr(0, 28), "event: a\ndata: {\"x\":1}\n\ndata");
  EXPECT_EQ(
      parse(stream),
      (Events{{"a", "{\"x\":1}", ""}, {"", "two\nlines\nthree\nfour", ""}, {"empty", "", ""}}));
}

}  // namespace
}  // namespace anyclaude
