#include "prompt/tool_emulation.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// "text:a", "think:b", "call:name {input}"; neighbours of one kind joined.
std::string shape(const std::vector<Event>& events) {
  std::string out;
  std::string kind;
  const auto add = [&](const std::string& next, const std::string& text) {
    if (next != kind || next == "call:") out += (out.empty() ? "" : "|") + next;
    kind = next;
    out += text;
  };
  for (const Event& event : events) {
    if (const auto* text = std::get_if<TextDelta>(&event)) add("text:", text->text);
    if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) add("think:", thinking->text);
    if (const auto* start = std::get_if<ToolUseStart>(&event)) add("call:", start->name);
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) out += " " + input->json;
  }
  return out;
}

std::string read(const std::string& text, size_t piece, AnswerText::Options options) {
  AnswerText answer(options);
  std::vector<Event> events;
  for (size_t at = 0; at < text.size(); at += piece) {
    answer.take(std::string_view(text).substr(at, piece), events);
  }
  answer.end(events);
  return shape(events);
}

// However the text is cut.
void expect(const std::string& text, const std::string& wanted,
            AnswerText::Options options = {.thinking = true, .calls = true}) {
  for (size_t piece = 1; piece <= text.size() + 1; ++piece) {
    EXPECT_EQ(read(text, piece, options), wanted) << text << "\nin pieces of " << piece;
  }
}

TEST(AnswerText, FindsCallsBetweenWords) {
  expect("Hello <b>", "text:Hello <b>");
  expect("<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file\": \"a\"}}\n</tool_call>",
         R"(call:Read {"file":"a"})");
  expect(
      "I look.\n<tool_call>{\"name\":\"A\",\"arguments\":{}}</tool_call>\n"
      "<tool_call>{\"name\":\"B\",\"arguments\":{}}</tool_call>\n",
      "text:I look.\n|call:A {}|call:B {}");
  expect("a < b <tool", "text:a < b <tool");
}

TEST(AnswerText, TakesThinkingAtTheBeginningAlone) {
  expect("<think>\nhm </b> hm\n</think>\n\nYes.", "think:hm </b> hm\n|text:Yes.");
  expect("\n<think>hm", "think:hm");
  expect("<thin", "text:<thin");
  expect("The tag <think> is one", "text:The tag <think> is one");
  expect("<think>a</think><tool_call>{\"name\":\"A\"}</tool_call>", "think:a|call:A {}");
  expect("<think>a</think>b", "text:<think>a</think>b", {.thinking = false, .calls = true});
}

TEST(AnswerText, LeavesCallsAloneWhereNoneAreToBeMade) {
  const std::string text = "<tool_call>{\"name\":\"A\"}</tool_call>";
  expect(text, "text:" + text, {.thinking = true, .calls = false});
}

TEST(AnswerText, MendsACallWhereThereIsOneWay) {
  // Its end was a stop sequence, or forgotten.
  expect("<tool_call>{\"name\":\"A\",\"arguments\":{\"n\":1}}", R"(call:A {"n":1})");
  expect("<tool_call>{\"name\":\"A\",\"arguments\":{\"n\":[1,{\"m\":2",
         R"(call:A {"n":[1,{"m":2}]})");
  expect("<tool_call>```json\n{\"name\":\"A\",\"arguments\":{}}\n```</tool_call>", "call:A {}");
  expect("<tool_call>{\"name\":\"A\",\"parameters\":\"{\\\"n\\\":1}\"}</tool_call>",
         R"(call:A {"n":1})");
  // What nobody could run stays what the model said.
  for (const char* text :
       {"<tool_call>{\"name\":\"A\",\"arguments\":{\"n\":\"half a stri",
        "<tool_call>A()</tool_call>", "<tool_call>{\"arguments\":{}}</tool_call>",
        "<tool_call>{\"name\":\"A\",\"arguments\":[1]}"
        "</tool_call>",
        "<tool_call>{\"name\":\"A\"]</tool_call>", "<tool_call></tool_call>"}) {
    expect(text, std::string("text:") + text);
  }
}

CanonicalConversation conversation_with_calls() {
  CanonicalConversation conversation;
  conversation.tools = {{"Read", "Reads \"files\"", R"({"type":"object"})", false}};
  CanonicalMessage system{CanonicalRole::system, "Be short.", {}, {}, {}, {}};
  CanonicalMessage ask{CanonicalRole::user, "What is in a?", {}, {}, {}, {}};
  CanonicalMessage call{CanonicalRole::assistant, "I look.", {}, {}, {}, {}};
  call.calls = {{"t1", "Read", R"({"file":"a"})"}, {"t2", "Read", R"({"file":"b"})"}};
  CanonicalMessage one{CanonicalRole::tool, "A", {}, "t1", "Read", {}};
  CanonicalMessage two{CanonicalRole::tool, "B", {}, "t2", "Read", {}};
  conversation.messages = {system, ask, call, one, two};
  return conversation;
}

TEST(ToolEmulation, TellsToolsCallsAndResultsInWords) {
  CanonicalConversation conversation = conversation_with_calls();
  emulate_tools(conversation, {});
  EXPECT_TRUE(conversation.tools.empty());
  ASSERT_EQ(conversation.messages.size(), 4u);
  const std::string& system = conversation.messages[0].text;
  EXPECT_NE(system.find(R"({"name": "Read", "description": "Reads \"files\"", "parameters": )"
                        R"({"type":"object"}})"),
            std::string::npos);
  EXPECT_TRUE(system.ends_with("\n\nBe short.")) << "tools first: most agents have them";
  EXPECT_EQ(conversation.messages[1].text, "What is in a?");
  EXPECT_EQ(conversation.messages[2].text,
            "I look.\n<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file\":\"a\"}}\n"
            "</tool_call>\n<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file\":\"b\"}}\n"
            "</tool_call>");
  EXPECT_EQ(conversation.messages[3].role, CanonicalRole::user);
  EXPECT_EQ(conversation.messages[3].text,
            "<tool_response>\nA\n</tool_response>\n<tool_response>\nB\n</tool_response>");
}

TEST(ToolEmulation, WhatItWritesItReads) {
  CanonicalConversation conversation = conversation_with_calls();
  emulate_tools(conversation, {});
  expect(conversation.messages[2].text, R"(text:I look.)"
                                        "\n"
                                        R"(|call:Read {"file":"a"}|call:Read {"file":"b"})");
}

// The prompt of a turn begins with that of the turn before: what a choice demands stands behind.
TEST(ToolEmulation, PutsDemandsAtTheEnd) {
  CanonicalConversation free = conversation_with_calls();
  CanonicalConversation bound = conversation_with_calls();
  emulate_tools(free, {});
  emulate_tools(bound, {ToolChoice::Mode::tool, "Read", true});
  ASSERT_EQ(free.messages.size(), bound.messages.size());
  for (size_t i = 0; i + 1 < free.messages.size(); ++i) {
    EXPECT_EQ(free.messages[i].text, bound.messages[i].text);
  }
  EXPECT_EQ(bound.messages.back().text,
            free.messages.back().text + "\n\nAnswer with a call of the function Read.");
}

}  // namespace
}  // namespace anyclaude
