#include "protocol/json_text.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

std::string error_of(const std::string& text, const JsonLimits& limits = {}) {
  const auto parsed = parse_json(text, limits);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().kind, Error::Kind::invalid_request);
  return parsed.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":{"z":[1,2.5],"y":null}})", {})->dump(),
            R"({"b":1,"a":{"z":[1,2.5],"y":null}})");
}

TEST(ParseJson, SaysWhatIsWrongAndWhere) {
  EXPECT_TRUE(contains(error_of(""), "byte 1"));
  EXPECT_TRUE(contains(error_of(R"({"a":1,})"), "at byte 8"));
  EXPECT_TRUE(contains(error_of(R"({"a":1)"), "unexpected end of input"));
  EXPECT_TRUE(contains(error_of("{\"a\":\"\n\"}"), "at byte"));
  EXPECT_TRUE(contains(error_of(R"({"a":1e999})"), "overflow"));
  EXPECT_TRUE(contains(error_of(R"({"a":"\x"})"), "at byte"));
  EXPECT_FALSE(contains(error_of(R"({"a":1,})"), "json.exception"));
}

TEST(ParseJson, NamesTheByteThatIsNotUtf8) {
  EXPECT_TRUE(contains(error_of("{\"a\":\"b\xFF\"}"), "invalid UTF-8 at byte 7"));
  EXPECT_TRUE(contains(error_of(std::string("{\"a\":\"\xED\xA0\x80\"}")), "invalid UTF-8"));
}

TEST(ParseJson, LimitsDepthBeforeAnythingRecurses) {
  EXPECT_EQ(error_of(std::string(200, '[') + std::string(200, ']')), "");
  EXPECT_TRUE(contains(error_of(std::string(201, '[') + std::string(201, ']')),
                       "nested deeper than 200 levels at byte 200"));
  EXPECT_TRUE(contains(error_of(std::string(5'000'000, '[')), "nested deeper"));
  EXPECT_EQ(error_of("{\"a\":\"" + std::string(1000, '[') + "\\\"{{\"}"), "") << "in a string";
}

TEST(ParseJson, LimitsKeysAndValues) {
  EXPECT_TRUE(contains(error_of(R"({"a":1,"b":2,"c":3})", {.keys_max = 2}), "more than 2 keys"));
  EXPECT_EQ(error_of(R"({"a":{"b":1},"c":{"d":1}})", {.keys_max = 2}), "");
  EXPECT_TRUE(contains(error_of("[1,2,3,4,5]", {.values_max = 4}), "more than 4 values"));
}

TEST(PrintJson, WritesWhatTheLibraryWrites) {
  std::string controls;
  for (char c = 0; c < 0x20; ++c) controls += c;
  for (const Json& value :
       {Json::parse(R"({"b":1,"a":{"z":[1,2.5,-3,1e30],"y":null},"":[],"c":{},"t":[true,false]})"),
        Json("a \"quoted\" \\ line\n, \xC3\xA9 and \x7f"), Json("a\tb"), Json(controls),
        Json::object({{"a\tb\n", "c\r"}}), Json(nullptr), Json(-1), Json::array({Json::array()})}) {
    EXPECT_EQ(print_json(value), value.dump());
  }
}

TEST(ParseJson, MendsLoneSurrogates) {
  const auto text = [](const std::string& json) {
    return parse_json("[\"" + json + "\"]", {})->at(0).get<std::string>();
  };
  EXPECT_EQ(text(R"(a\ud83d\ude00b)"),
            "a\xF0\x9F\x98\x80"
            "b");
  EXPECT_EQ(text(R"(a\ud83d)"), "a\xEF\xBF\xBD");
  EXPECT_EQ(text(R"(\ude00a)"),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(text(R"(\ud83d\ud83d\ude00)"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(text(R"(\\ud83d)"), "\\ud83d");
  EXPECT_EQ(text(R"(\ud83dA)"),
            "\xEF\xBF\xBD"
            "A");
}

}  // namespace
}  // namespace anyclaude
