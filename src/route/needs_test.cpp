#include "route/needs.h"

#include <gtest/gtest.h>

#include "fakes/conversations.h"
#include "route/known_prompts.h"

namespace anyclaude {
namespace {

Request session(std::vector<Message> messages) {
  Request request = greedy_request(std::move(messages), 100);
  request.origin.session_id = "s";
  request.conversation.system = {"x-anthropic-billing-header: cc_version=1;", "Be short."};
  request.conversation.tools = {{"Read", "Reads.", "{}", false}, {"Edit", "Edits.", "{}", false}};
  return request;
}

Needs needs_of_words(const std::string& words) { return needs_of(session({user(words)})); }

TEST(Needs, EditsAreAskedForInTheUsersLastWords) {
  EXPECT_TRUE(needs_of_words("Please fix the test").edits);
  EXPECT_TRUE(needs_of_words("RENAME it").edits);
  EXPECT_FALSE(needs_of_words("What does the prefix mean?").edits);
  EXPECT_FALSE(needs_of(session({user("Fix it"), assistant("Done."), user("Why?")})).edits);
  Request reminded = session({user("Why?")});
  reminded.conversation.messages[0].blocks.emplace_back(
      TextBlock{"<system-reminder>Fix it</system-reminder>"});
  EXPECT_FALSE(needs_of(reminded).edits);
  Request without_tools = session({user("Fix it")});
  without_tools.conversation.tools.clear();
  EXPECT_FALSE(needs_of(without_tools).edits);
}

TEST(Needs, ToolsAreInUseOnceOneWasCalled) {
  EXPECT_FALSE(needs_of_words("Hi").tools);
  Request called = session({user("Hi"), {Role::assistant, {ToolUseBlock{"t", "Read", "{}"}}}});
  EXPECT_TRUE(needs_of(called).tools);
  Request forced = session({user("Hi")});
  forced.conversation.tool_choice.mode = ToolChoice::Mode::any;
  EXPECT_TRUE(needs_of(forced).tools);
}

TEST(Needs, ImagesMayStandInAResult) {
  EXPECT_FALSE(needs_of_words("Hi").images);
  ToolResultBlock result;
  result.content.emplace_back(MediaBlock{});
  EXPECT_TRUE(needs_of(session({{Role::user, {result}}})).images);
  MediaBlock document;
  document.kind = MediaBlock::Kind::document;
  EXPECT_FALSE(needs_of(session({{Role::user, {document}}})).images);
}

TEST(Needs, TellsWhoAsks) {
  EXPECT_FALSE(needs_of_words("Hi").background);
  Request title = session({user("A title for this")});
  title.conversation.tools.clear();
  EXPECT_TRUE(needs_of(title).background);
  Request agent = session({user("Hi")});
  agent.origin.agent_id = "a";
  EXPECT_TRUE(needs_of(agent).agent);
  Request stranger = greedy_request({user("Hi")}, 10);
  EXPECT_FALSE(needs_of(stranger).background) << "of no session";
}

TEST(PromptTrail, GoesOnWhereAConversationGoesOn) {
  const PromptTrail first = trail_of(session({user("Hi")}));
  const PromptTrail second = trail_of(session({user("Hi"), assistant("Hello."), user("Why?")}));
  ASSERT_GT(second.steps.size(), first.steps.size());
  for (size_t i = 0; i < first.steps.size(); ++i) {
    EXPECT_EQ(first.steps[i].hash, second.steps[i].hash);
  }
  EXPECT_EQ(first.head_hash(), second.head_hash());
  EXPECT_NE(first.head_hash(), 0u);
}

TEST(PromptTrail, IgnoresWhatNoModelSees) {
  Request request = session({user("Hi")});
  const PromptTrail before = trail_of(request);
  request.conversation.system[0] = "x-anthropic-billing-header: cc_version=2;";
  EXPECT_EQ(trail_of(request).steps.back().hash, before.steps.back().hash);
  request.origin.sharing = "other";
  EXPECT_NE(trail_of(request).steps.back().hash, before.steps.back().hash);
}

TEST(KnownPrompts, KnowTheLongestBeginning) {
  KnownPrompts known(100);
  const PromptTrail first = trail_of(session({user("Hi")}));
  const PromptTrail second = trail_of(session({user("Hi"), assistant("Hello."), user("Why?")}));
  const PromptTrail other = trail_of(session({user("Something else")}));
  EXPECT_EQ(known.known_bytes(first), 0u);
  known.note(first);
  EXPECT_EQ(known.known_bytes(first), first.bytes());
  EXPECT_EQ(known.known_bytes(second), first.bytes());
  EXPECT_EQ(known.known_bytes(other), other.steps[other.head_steps - 1].bytes);
}

TEST(KnownPrompts, ForgetTheEndsOfOldOnesFirst) {
  const PromptTrail first = trail_of(session({user("Hi")}));
  KnownPrompts known(first.steps.size());
  known.note(first);
  const PromptTrail other = trail_of(session({user("Something else")}));
  known.note(other);
  EXPECT_LT(known.known_bytes(first), first.bytes());
  EXPECT_EQ(known.known_bytes(other), other.bytes());
  EXPECT_GT(known.known_bytes(first), 0u) << "what both have stays";
}

}  // namespace
}  // namespace anyclaude
