#include "engine/embedded/caller.h"

#include <gtest/gtest.h>

#include "protocol/origin.h"

namespace anyclaude {
namespace {

Request of(std::string session, std::string agent, bool tools) {
  Request request;
  request.origin.session_id = std::move(session);
  request.origin.agent_id = std::move(agent);
  if (tools) request.conversation.tools.push_back({"list", "", "{}"});
  return request;
}

Conversation said(std::vector<std::string> texts) {
  Conversation conversation;
  conversation.messages.push_back({Role::assistant, {TextBlock{"before"}}});
  Message& user = conversation.messages.emplace_back();
  user.role = Role::user;
  for (std::string& text : texts) user.blocks.emplace_back(TextBlock{std::move(text)});
  return conversation;
}

TEST(Caller, IsMainAgentOrBackground) {
  EXPECT_EQ(priority_of(of("s", "", true)), Priority::main);
  EXPECT_EQ(priority_of(of("s", "a", true)), Priority::agent);
  EXPECT_EQ(priority_of(of("s", "", false)), Priority::background);
  Request ahead = of("", "", true);
  ahead.origin.warming = true;
  EXPECT_EQ(priority_of(ahead), Priority::idle);
  EXPECT_EQ(priority_of(of("", "", false)), Priority::main);
}

TEST(Caller, ConversationsAreToldApart) {
  EXPECT_EQ(conversation_of(of("s", "a", true)), conversation_of(of("s", "a", true)));
  EXPECT_NE(conversation_of(of("s", "a", true)), conversation_of(of("s", "b", true)));
  EXPECT_NE(conversation_of(of("s", "", true)), conversation_of(of("s", "", false)));
  EXPECT_EQ(conversation_of(of("", "", true)), "");
}

TEST(Caller, FirstWordsAreTheUsersOwn) {
  EXPECT_EQ(first_words(said({"<system-reminder>date</system-reminder>", "Fix\nthe bug"})),
            "Fix the bug");
  EXPECT_EQ(first_words(said({"<system-reminder>only</system-reminder>"})), "");
  EXPECT_EQ(first_words({}), "");
  // Cut between characters, not inside one.
  const std::string cut = first_words(said({std::string(119, 'a') + "\xC3\xA9"}));
  EXPECT_EQ(cut, std::string(119, 'a'));
}

}  // namespace
}  // namespace anyclaude
