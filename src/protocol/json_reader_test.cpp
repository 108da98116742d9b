#include "protocol/json_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

// What the library makes of it, in a form that tells whole numbers from others; empty: no JSON.
std::string by_library(const std::string& text) {
  const Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? "" : std::string(value.type_name()) + value.dump();
}

std::string by_reader(const std::string& text) {
  const auto value = read_json_quickly(text, {});
  return value ? std::string(value->type_name()) + value->dump() : "";
}

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = {
      R"({"b":1,"a":{"z":[1,2.5,-3,0,-0,1e3,-2.5E-2],"y":null},"t":true,"f":false})",
      R"( { "a" : [ ] , "b" : { } , "a" : "the last one counts" } )",
      "[\"\", \"a\", \"12345678\", \"1234567\\\"\", \"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u20ac\"]",
      "\"\xC3\xA9\xE2\x82\xAC \\ud83d\\ude00 and a text that is longer than eight bytes\"",
      "\t\r\n[[[[]],{\"\":{\"\":[]}}]]\n",
      "123456789012345678",
      R"({"name":"Read","input_schema":{"type":"object","required":["path"],"minimum":0}})",
  };
  return all;
}

TEST(ReadJsonQuickly, ReadsWhatTheLibraryReads) {
  for (const std::string& text : texts()) {
    EXPECT_NE(by_reader(text), "") << text;
    EXPECT_EQ(by_reader(text), by_library(text)) << text;
  }
}

TEST(ReadJsonQuickly, GivesUpRatherThanReadsSomethingElse) {
  for (const char* text :
       {"",           " ",           "{",        "[1,]",   "[1 2]",    R"({"a":1,})",
        R"({"a" 1})", R"({1:2})",    "tru",      "nul",    "01",       "-",
        "1.",         ".5",          "1e",       "+1",     "[1]]",     "\"a",
        "\"\\x\"",    "\"\\u12g4\"", "\"\\u123", "\"\n\"", "\"\x1f\"", "\xEF\xBB\xBF[]",
        "NaN",        "'a'",         "1e999"}) {
    EXPECT_EQ(by_reader(text), "") << text;
  }
  EXPECT_EQ(by_reader(std::string("[1]\0", 4)), "");
  EXPECT_EQ(by_reader("12345678901234567890123"), "") << "more digits than fit";
}

TEST(ReadJsonQuickly, MendsHalfSurrogatePairs) {
  const auto text = [](const std::string& json) {
    return read_json_quickly("\"" + json + "\"", {})->get<std::string>();
  };
  EXPECT_EQ(text(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(text(R"(\ud83d!)"), "\xEF\xBF\xBD!");
  EXPECT_EQ(text(R"(\ude00\ud83d)"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(text(R"(\ud83d\ud83d\ude00)"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(text(R"(\ud83d\n)"), "\xEF\xBF\xBD\n");
}

TEST(ReadJsonQuickly, KeepsTheLimits) {
  EXPECT_TRUE(read_json_quickly("[[]]", {.depth_max = 2}));
  EXPECT_FALSE(read_json_quickly("[[[]]]", {.depth_max = 2}));
  EXPECT_TRUE(read_json_quickly("[[],[],[]]", {.depth_max = 2}));
  EXPECT_FALSE(read_json_quickly("[1,2,3,4,5,6]", {.values_max = 5}));
  EXPECT_FALSE(read_json_quickly(R"({"a":1,"b":2,"c":3})", {.keys_max = 2}));
}

// Bytes changed, put in and taken out: what it takes for JSON is what the library reads there.
TEST(ReadJsonQuickly, AgreesWithTheLibraryOnBrokenTexts) {
  std::mt19937 random(7);
  constexpr std::string_view bytes = "{}[]\",:\\u0dD8eE+-.19 tfn\n\x01x";
  const auto below = [&](size_t count) { return random() % count; };
  size_t read = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = texts()[below(texts().size())];
    for (size_t change = below(3) + 1; change > 0 && !text.empty(); --change) {
      const size_t at = below(text.size());
      const char byte = bytes[below(bytes.size())];
      if (below(3) == 0)
        text[at] = byte;
      else if (below(2) == 0)
        text.insert(at, 1, byte);
      else
        text.erase(at, 1);
    }
    if (find_invalid_utf8(text)) continue;
    const std::string ours = by_reader(text);
    const std::string library = by_library(text);
    if (ours.empty()) continue;
    ++read;
    // Half a surrogate pair is no JSON to the library.
    const bool mended = library.empty() && ours.find("\xEF\xBF\xBD") != std::string::npos;
    if (mended) continue;
    ASSERT_EQ(ours, library) << text;
  }
  EXPECT_GT(read, 1000u);
}

}  // namespace
}  // namespace anyclaude
