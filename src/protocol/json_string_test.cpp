#include "protocol/json_string.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

TEST(FindInvalidUtf8, KnowsEveryKindOfWrong) {
  const auto at = [](std::string_view text) { return find_invalid_utf8(text); };
  EXPECT_EQ(at("plain text, longer than eight bytes"), std::nullopt);
  EXPECT_EQ(at("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), std::nullopt);
  EXPECT_EQ(at("\xF4\x8F\xBF\xBF"), std::nullopt);
  EXPECT_EQ(at("12345678\x80"), 8u);
  EXPECT_EQ(at("\xC0\x80"), 0u);
  EXPECT_EQ(at("\xE0\x80\x80"), 0u);
  EXPECT_EQ(at("\xED\xA0\x80"), 0u);
  EXPECT_EQ(at("\xF0\x80\x80\x80"), 0u);
  EXPECT_EQ(at("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(at("a\xE2\x82"), 1u);
  EXPECT_EQ(at("a\xE2\x82z"), 1u);
  EXPECT_EQ(at("\xFE"), 0u);
}

TEST(JsonString, IsReadBackTheSame) {
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  every += "\xC3\xA9\xF0\x9F\x98\x80";
  EXPECT_EQ(Json::parse(json_string(every)).get<std::string>(), every);
  EXPECT_EQ(json_string("a\"b\\c\nd\te"), R"("a\"b\\c\nd\u0009e")");
  EXPECT_EQ(json_string("a\xFF\xC3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace anyclaude
