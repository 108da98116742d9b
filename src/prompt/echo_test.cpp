#include "prompt/echo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

const EchoName start = echo_begin("a model");

CanonicalMessage answer(std::string text, std::vector<CanonicalCall> calls = {}) {
  return {.role = CanonicalRole::assistant, .text = std::move(text), .calls = std::move(calls)};
}

CanonicalMessage call(const std::string& name, const std::string& input) {
  return answer("", {{.id = "toolu_1", .name = name, .arguments_json = input}});
}

// The client's version is found where the sampled one was put.
bool comes_back(const CanonicalMessage& sampled, const CanonicalMessage& echoed) {
  const auto names = echo_names(start, sampled);
  return std::ranges::find(names, echo_name(start, echoed)) != names.end();
}

bool comes_back(const std::string& name, const std::string& sampled, const std::string& echoed) {
  return comes_back(call(name, sampled), call(name, echoed));
}

// Each of the rewrites that Claude Code 2.1.330 was seen to make.
TEST(Echo, KnowsWhatTheClientWritesAnew) {
  EXPECT_TRUE(comes_back("Bash", R"({"timeout":5,"command":"ls","description":"d"})",
                         R"({"command":"ls","description":"d","timeout":5})"));
  EXPECT_TRUE(comes_back("Read", "{ \"file_path\" :\n\"/a\" }", R"({"file_path":"/a"})"));
  EXPECT_TRUE(comes_back("Read", R"({"path":"\u00e9\/"})", "{\"path\":\"\u00e9/\"}"));
  EXPECT_TRUE(comes_back("Read", R"({"limit":5000.0})", R"({"limit":5000})"));
  EXPECT_TRUE(comes_back("Read", R"({"limit":1e3})", R"({"limit":1000})"));
  EXPECT_TRUE(comes_back("Read", R"({"limit":"1"})", R"({"limit":1})"));
  EXPECT_TRUE(comes_back("Edit", R"({"all":"false"})", R"({"all":false})"));
  EXPECT_TRUE(comes_back("Read", R"({"a":1,"a":2})", R"({"a":2})"));
  EXPECT_TRUE(
      comes_back("Write", R"({"content":"a  \nb\t\n  c \n"})", R"({"content":"a\nb\n  c\n"})"));
  EXPECT_TRUE(comes_back("Edit", R"({"edits":[{"new_string":"x "},{"n":"2"}]})",
                         R"({"edits":[{"new_string":"x"},{"n":2}]})"));
  EXPECT_TRUE(comes_back("Bash", R"({"command":"cd /home/me && make"})", R"({"command":"make"})"));
  EXPECT_TRUE(comes_back("Bash", R"({"command":"cd /home/me && make"})",
                         R"({"command":"cd /home/me && make"})"));
  EXPECT_TRUE(comes_back("Read", "", "{}"));
  EXPECT_TRUE(comes_back("Read", R"({"path": "/a)",
                         R"({"__unparsedToolInput":{"raw":"{\"path\": \"/a","len":12}})"));
}

TEST(Echo, KnowsTextsWhereverTheirBlanksWent) {
  const std::vector<CanonicalCall> calls = {{"toolu_1", "Read", "{}"}};
  EXPECT_TRUE(comes_back(answer(" \n", calls), answer("", calls)));
  EXPECT_TRUE(comes_back(answer("Before. After.", calls), answer("Before.\n\n After.", calls)));
  EXPECT_TRUE(comes_back(answer("Done.\n"), answer("Done.\n")));
}

TEST(Echo, WhatWasReallyChangedIsUnknown) {
  EXPECT_FALSE(comes_back(answer("Done."), answer("Don")));  // Esc
  EXPECT_FALSE(comes_back("Bash", R"({"command":"make"})", R"({"command":"make clean"})"));
  EXPECT_FALSE(comes_back("Bash", R"({"command":"make"})", R"({"command":"cd / && make"})"));
  EXPECT_FALSE(comes_back("Read", R"({"command":"cd / && make"})", R"({"command":"make"})"));
  EXPECT_FALSE(comes_back("Read", R"({"a":"x","b":"y"})", R"({"a":"y","b":"x"})"));
  EXPECT_FALSE(comes_back("Read", R"({"a":["x","y"]})", R"({"a":["xy"]})"));
  EXPECT_FALSE(comes_back("Read", R"({"a":{"b":1}})", R"({"a":{},"b":1})"));
  EXPECT_FALSE(comes_back("Read", R"({"a":9007199254740993})", R"({"a":9007199254740992})"));
  EXPECT_FALSE(comes_back("Write", R"({"content":"  a"})", R"({"content":"a"})"));
  EXPECT_FALSE(comes_back("Read", R"({"a":)", R"({"a":1})"));
  EXPECT_FALSE(comes_back(call("Read", "{}"), call("Write", "{}")));
  auto forged = call("Read", "{}");
  forged.calls[0].id = "toolu_2";
  EXPECT_FALSE(comes_back(call("Read", "{}"), forged));
}

TEST(Echo, TheSameWordsElsewhereAreAnotherAnswer) {
  const auto user = [](const std::string& text) {
    return CanonicalMessage{.role = CanonicalRole::user, .text = text};
  };
  const CanonicalMessage done = answer("Done.");
  std::set<EchoName> names = {echo_name(start, done),
                              echo_name(echo_begin("another"), done),
                              echo_name(echo_name(start, user("a")), done),
                              echo_name(echo_name(start, user("b")), done),
                              echo_name(echo_name(echo_name(start, user("a")), user("b")), done),
                              echo_name(echo_name(start, user("ab")), done),
                              echo_name(start, user("Done.")),
                              echo_derived(start, std::array<std::string_view, 1>{"Done."})};
  CanonicalMessage result{.role = CanonicalRole::tool, .text = "a"};
  names.insert(echo_name(echo_name(start, result), done));
  result.tool_call_id = "toolu_1";
  names.insert(echo_name(echo_name(start, result), done));
  EXPECT_EQ(names.size(), 10u);
  // The system text holds the date; what was answered yesterday is the same today.
  EXPECT_EQ(echo_name(start, {.role = CanonicalRole::system, .text = "Today is Monday."}), start);
}

TEST(Echo, TakesInputsOfAnyShape) {
  for (const char* input : {"null", "[]", "\"text\"", "3", "{\"a\":null}", "{\"a\":[[],{}]}",
                            "{\"__unparsedToolInput\":3}", "{\"a\":1e999}", "\xff"}) {
    EXPECT_TRUE(comes_back("Read", input, input)) << input;
  }
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "{\"a\":[";
  EXPECT_TRUE(comes_back("Read", deep, deep));
}

}  // namespace
}  // namespace anyclaude
