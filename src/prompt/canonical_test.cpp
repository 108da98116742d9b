#include "prompt/canonical.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

Message user(std::string text) { return {Role::user, {TextBlock{std::move(text)}}}; }
Message assistant(std::string text) { return {Role::assistant, {TextBlock{std::move(text)}}}; }
Message system_turn(std::string text) { return {Role::system, {TextBlock{std::move(text)}}}; }

ToolResultBlock result(std::string id, std::string text, bool is_error = false) {
  return {std::move(id), {TextBlock{std::move(text)}}, is_error};
}

// "user:hello|assistant:hi[ls]|tool:out"
std::string shape(const CanonicalConversation& conversation) {
  std::string out;
  for (const auto& message : conversation.messages) {
    if (!out.empty()) out += "|";
    switch (message.role) {
      case CanonicalRole::system:
        out += "system:";
        break;
      case CanonicalRole::user:
        out += "user:";
        break;
      case CanonicalRole::assistant:
        out += "assistant:";
        break;
      case CanonicalRole::tool:
        out += "tool:";
        break;
    }
    out += message.text;
    for (const auto& call : message.calls) out += "[" + call.id + "]";
  }
  return out;
}

std::string canonical(const Conversation& conversation, TemplateCapabilities capabilities = {}) {
  return shape(canonicalise(conversation, capabilities));
}

Conversation with(std::vector<Message> messages) {
  Conversation conversation;
  conversation.messages = std::move(messages);
  return conversation;
}

TEST(Canonical, JoinsSystemBlocksAndDropsTheBillingLine) {
  Conversation conversation = with({user("hi")});
  conversation.system = {"x-anthropic-billing-header: cc_version=2.1.330.abc", "You are", "Rules"};
  EXPECT_EQ(canonical(conversation), "system:You are\n\nRules|user:hi");
}

TEST(Canonical, BlocksAndStringsGiveTheSame) {
  const Conversation one = with({{Role::user, {TextBlock{"a"}, TextBlock{"b"}}}});
  EXPECT_EQ(canonical(one), "user:a\n\nb");
}

TEST(Canonical, SystemTurnStaysInPlaceBehindTheUserTurnBeforeIt) {
  EXPECT_EQ(canonical(with({user("a"), system_turn("note"), assistant("b"), user("c")})),
            "user:a\n\n<system-reminder>\nnote\n</system-reminder>|assistant:b|user:c");
}

TEST(Canonical, SystemTurnAfterAToolResultIsAnOwnUserTurnWhereTheTemplateAllows) {
  const Conversation conversation = with({user("a"),
                                          {Role::assistant, {ToolUseBlock{"t1", "ls", "{}"}}},
                                          {Role::user, {result("t1", "out")}},
                                          system_turn("note")});
  EXPECT_EQ(canonical(conversation),
            "user:a|assistant:[t1]|tool:out|user:<system-reminder>\nnote\n</system-reminder>");
  EXPECT_EQ(canonical(conversation, {.user_after_tool_result = false}),
            "user:a|assistant:[t1]|tool:out\n\n<system-reminder>\nnote\n</system-reminder>");
}

TEST(Canonical, ReminderIsNotWrappedTwice) {
  const std::string text = "<system-reminder>x</system-reminder>";
  EXPECT_EQ(canonical(with({user("a"), system_turn(text)})), "user:a\n\n" + text);
}

TEST(Canonical, EmptyContentIsNoTurn) {
  EXPECT_EQ(canonical(with({user("a"), {Role::system, {}}, {Role::assistant, {}}, user("b")})),
            "user:a\n\nb");
}

TEST(Canonical, NothingAtAllStillAsks) {
  EXPECT_EQ(canonical(with({})), "user:");
  EXPECT_EQ(canonical(with({{Role::user, {}}})), "user:");
}

TEST(Canonical, ThinkingIsLeftOut) {
  EXPECT_EQ(
      canonical(with(
          {user("a"), {Role::assistant, {ThinkingBlock{"hm", "sig"}, TextBlock{"b"}}}, user("c")})),
      "user:a|assistant:b|user:c");
}

TEST(Canonical, ResultsComeFirstInTheOrderOfTheirCalls) {
  const Conversation conversation =
      with({user("a"),
            {Role::assistant, {ToolUseBlock{"t1", "ls", "{}"}, ToolUseBlock{"t2", "cat", "{}"}}},
            {Role::user, {TextBlock{"also"}, result("t2", "two"), result("t1", "one")}}});
  EXPECT_EQ(canonical(conversation), "user:a|assistant:[t1][t2]|tool:one|tool:two|user:also");
}

TEST(Canonical, CallsAreTakenApartForTemplatesWithoutParallelCalls) {
  const Conversation conversation =
      with({user("a"),
            {Role::assistant,
             {ToolUseBlock{"t1", "a", "{}"}, ToolUseBlock{"t2", "b", "{}"},
              ToolUseBlock{"t3", "c", "{}"}}},
            {Role::user, {result("t1", "1"), result("t2", "2"), result("t3", "3")}}});
  EXPECT_EQ(canonical(conversation, {.parallel_calls = false}),
            "user:a|assistant:[t1]|tool:1|assistant:[t2]|tool:2|assistant:[t3]|tool:3");
}

TEST(Canonical, ResultWithoutItsCallIsToldAsText) {
  EXPECT_EQ(canonical(with({{Role::user, {result("gone", "out")}}})),
            "user:Result of an earlier tool call:\nout");
}

TEST(Canonical, ErrorsAreSaid) {
  const auto failed = [](std::string text) {
    return with({user("a"),
                 {Role::assistant, {ToolUseBlock{"t1", "ls", "{}"}}},
                 {Role::user, {result("t1", std::move(text), true)}}});
  };
  EXPECT_EQ(canonical(failed("no such file")), "user:a|assistant:[t1]|tool:Error: no such file");
  EXPECT_EQ(canonical(failed("Error: gone")), "user:a|assistant:[t1]|tool:Error: gone");
  EXPECT_EQ(canonical(failed("")), "user:a|assistant:[t1]|tool:Error");
}

TEST(Canonical, MediaIsDescribed) {
  const MediaBlock image{MediaBlock::Kind::image, "image/png", "AAAA", ""};
  const MediaBlock pdf{MediaBlock::Kind::document, "application/pdf", "AAAA", "plan"};
  const MediaBlock text{MediaBlock::Kind::document, "text/plain", "the words", ""};
  EXPECT_EQ(canonical(with({{Role::user, {image, pdf, text}}})),
            "user:[image (image/png) omitted: this model reads text only]\n\n"
            "[document \"plan\" (application/pdf) omitted: this model reads text only]\n\n"
            "the words");
}

TEST(Canonical, ImagesStandBehindTheTurnWhereTheModelSeesThem) {
  const MediaBlock image{MediaBlock::Kind::image, "image/png", "AAAA", ""};
  ToolResultBlock read = result("t1", "");
  read.content = {image};
  TemplateCapabilities sees;
  sees.images = true;
  const auto told = canonicalise(with({{Role::user, {image, TextBlock{"what is it?"}}},
                                       {Role::assistant, {ToolUseBlock{"t1", "Read", "{}"}}},
                                       {Role::user, {read}}}),
                                 sees);
  EXPECT_EQ(shape(told), "user:what is it?|assistant:[t1]|tool:[the image stands below]|user:");
  ASSERT_EQ(told.messages.size(), 4u);
  EXPECT_EQ(told.messages[0].images.size(), 1u);
  EXPECT_TRUE(told.messages[2].images.empty());
  ASSERT_EQ(told.messages[3].images.size(), 1u);
  EXPECT_EQ(told.messages[3].images[0].data, "AAAA");
}

TEST(Canonical, TrailingAssistantTextBeginsTheAnswer) {
  const auto out = canonicalise(with({user("a"), assistant("The answer is")}), {});
  EXPECT_EQ(shape(out), "user:a");
  EXPECT_EQ(out.prefill, "The answer is");
}

TEST(Canonical, TemplatesWithoutSystemTurnGetItInTheFirstUserTurn) {
  Conversation conversation = with({user("a")});
  conversation.system = {"S"};
  const auto out = canonicalise(conversation, {.system = false});
  EXPECT_EQ(shape(out), "user:S\n\na");
}

// The first user turn's text, "<" where it may part from others.
std::string parted(const Conversation& conversation, TemplateCapabilities capabilities = {},
                   PromptLayout layout = PromptLayout::cache) {
  const auto out = canonicalise(conversation, capabilities, layout);
  std::string text = out.messages.front().text;
  for (auto at = out.first_user_partings.rbegin(); at != out.first_user_partings.rend(); ++at) {
    text.insert(*at, "<");
  }
  return text;
}

TEST(Canonical, KnowsWhereTheFirstPromptBegins) {
  Conversation conversation =
      with({{Role::user, {TextBlock{"environment"}, TextBlock{"prompt"}}}, assistant("b")});
  EXPECT_EQ(parted(conversation), "environment<\n\nprompt");
  conversation.system = {"S"};
  EXPECT_EQ(parted(conversation, {.system = false}), "S\n\nenvironment<\n\nprompt");
  EXPECT_EQ(parted(with({user("prompt")})), "prompt");
}

TEST(Canonical, WhatIsSaidEverywhereStandsBeforeWhatIsOfThisPlace) {
  const std::string tag = "<system-reminder>\n";
  const std::string place = tag + "# Environment\n - Primary working directory: /a";
  const std::string skills =
      tag + "The following skills are available for use with the Skill tool:\n\n- init";
  const std::string date = tag + "Today's date is 2026-11-23.";
  const std::string agents = tag + "Available agent types for the Agent tool:\n- claude";
  const Conversation conversation = with({{Role::user,
                                           {TextBlock{place}, TextBlock{skills}, TextBlock{date},
                                            TextBlock{agents}, TextBlock{"prompt"}}},
                                          assistant("b"),
                                          {Role::user, {TextBlock{place}, TextBlock{skills}}}});
  EXPECT_EQ(parted(conversation),
            skills + "\n\n" + agents + "<\n\n" + place + "\n\n" + date + "<\n\nprompt");
  EXPECT_EQ(canonicalise(conversation, {}).messages.back().text, place + "\n\n" + skills);
  EXPECT_EQ(parted(conversation, {}, PromptLayout::as_template),
            place + "\n\n" + skills + "\n\n" + date + "\n\n" + agents + "<\n\nprompt");
  // The prompt itself stays where it is, whatever it says.
  const Conversation asked = with({{Role::user, {TextBlock{place}, TextBlock{skills}}}});
  EXPECT_EQ(parted(asked), place + "<\n\n" + skills);
}

// The client lists a loaded tool from the request on that brings the reference.
TEST(Canonical, LoadedToolsAreToldOfWhereTheyWereLoaded) {
  Conversation before = with({user("a")});
  before.tools = {{"Bash", "", "{}"},
                  {"Placeholder", "", "{}", true},
                  {"ToolSearch", "", "{}"},
                  {"Write", "", "{}"}};
  Conversation after = before;
  after.tools.insert(after.tools.begin() + 1,
                     {"CronList", "Lists \"jobs\".", R"({"type":"object"})", true});
  after.messages.push_back(
      {Role::assistant, {ToolUseBlock{"1", "ToolSearch", R"({"query":"cron"})"}}});
  after.messages.push_back(
      {Role::user,
       {ToolResultBlock{
           "1", {ToolReferenceBlock{"CronList"}, ToolReferenceBlock{"Nobody"}}, false}}});
  const auto names = [](const CanonicalConversation& conversation) {
    std::string out;
    for (const Tool& tool : conversation.tools) out += tool.name + " ";
    return out;
  };
  const std::string told =
      "Tool loaded: CronList\n{\"name\": \"CronList\", \"description\": "
      "\"Lists \\\"jobs\\\".\", \"parameters\": {\"type\":\"object\"}}\nTool loaded: Nobody";
  const auto canonical_after = canonicalise(after, {});
  EXPECT_EQ(names(canonical_after), names(canonicalise(before, {})));
  EXPECT_EQ(canonical_after.messages.back().text, told);
  // Loaded again, it is known.
  after.messages.push_back({Role::assistant, {ToolUseBlock{"2", "ToolSearch", "{}"}}});
  after.messages.push_back(
      {Role::user, {ToolResultBlock{"2", {ToolReferenceBlock{"CronList"}}, false}}});
  EXPECT_EQ(canonicalise(after, {}).messages[2].text, told);
  EXPECT_EQ(canonicalise(after, {}).messages.back().text, "Tool loaded: CronList");
  // As the client has it; and where nothing can load them, all are listed.
  EXPECT_EQ(canonicalise(after, {}, PromptLayout::as_template).tools.size(), 5u);
  std::erase_if(after.tools, [](const Tool& tool) { return tool.name == "ToolSearch"; });
  EXPECT_EQ(canonicalise(after, {}).tools.size(), 4u);
}

TEST(Canonical, ToolsStandInTheOrderOfTheLayout) {
  Conversation conversation = with({user("a")});
  conversation.tools = {{"Agent", "", "{}"}, {"Read", "", "{}"}};
  EXPECT_EQ(canonicalise(conversation, {}).tools.front().name, "Read");
  EXPECT_EQ(canonicalise(conversation, {}, PromptLayout::as_template).tools.front().name, "Agent");
}

}  // namespace
}  // namespace anyclaude
