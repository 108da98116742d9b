#include "bench/session_maker.h"

#include <gtest/gtest.h>

#include <string>

#include "bench/request_body.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

std::string body(const Conversation& conversation) {
  return request_body(BenchApi::completions, conversation, "m");
}

// How many bytes two texts have in common at their beginning.
size_t shared(const std::string& a, const std::string& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

std::string text_of(const Message& message, size_t block) {
  return std::get<TextBlock>(message.blocks.at(block)).text;
}

TEST(SessionMaker, GivesTheSameWithOneSeedAndOtherWordsWithAnother) {
  const SessionShape shape = shape_of_tokens(4'000, 5);
  EXPECT_EQ(body(SessionMaker(shape).turn("/a", 3)), body(SessionMaker(shape).turn("/a", 3)));
  const Conversation other = SessionMaker(shape_of_tokens(4'000, 6)).turn("/a", 1);
  const Conversation one = SessionMaker(shape).turn("/a", 1);
  ASSERT_EQ(one.tools.size(), other.tools.size());
  for (size_t at = 0; at < one.tools.size(); ++at) {
    EXPECT_NE(one.tools[at].description, other.tools[at].description);
  }
}

TEST(SessionMaker, HasTheLengthThatIsAskedFor) {
  for (const uint32_t tokens : {2'000u, 15'000u}) {
    const SessionMaker maker(shape_of_tokens(tokens, 1));
    const double bytes = static_cast<double>(body(maker.turn("/a", 1)).size());
    EXPECT_NEAR(bytes / tokens, 4.4, 1.5) << tokens;
    const Conversation conversation = maker.turn("/a", 1);
    EXPECT_EQ(conversation.tools.size(), tokens == 15'000u ? 24u : 5u);
    EXPECT_EQ(conversation.max_tokens, 1);
  }
}

TEST(SessionMaker, IsSmallWithEverySeedWhereThatIsAskedFor) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const auto bytes = body(SessionMaker(shape_of_tokens(600, seed)).turn("/a", 1)).size();
    EXPECT_GT(bytes, 600 * 4.4) << seed;
    EXPECT_LT(bytes, 600 * 4.4 * 1.6) << seed;
  }
}

TEST(SessionMaker, GrowsAtTheEndOnly) {
  const SessionMaker maker(shape_of_tokens(2'000, 1));
  for (size_t turns = 1; turns < 10; ++turns) {
    const Conversation before = maker.turn("/a", turns);
    const Conversation after = maker.turn("/a", turns + 1);
    ASSERT_EQ(after.messages.size(), before.messages.size() + 2);
    Conversation cut = after;
    cut.messages.resize(before.messages.size());
    EXPECT_EQ(body(cut), body(before));
    const auto& call = std::get<ToolUseBlock>(after.messages.end()[-2].blocks.back());
    const auto& result = std::get<ToolResultBlock>(after.messages.back().blocks.front());
    EXPECT_EQ(call.id, result.tool_use_id);
    EXPECT_EQ(call.name, after.tools[turns % after.tools.size()].name);
    EXPECT_TRUE(parse_json(call.input_json, {}));
  }
  const Conversation last = maker.turn("/a", 10);
  Conversation next = maker.next_question(last, "restart");
  EXPECT_NE(body(maker.next_question(last, "other")), body(next));
  next.messages.resize(last.messages.size());
  EXPECT_EQ(body(next), body(last));
}

TEST(SessionMaker, SharesToolsSystemTextAndSkillsBetweenRepositories) {
  const SessionMaker maker(shape_of_tokens(2'000, 1));
  const Conversation one = maker.turn("/home/user/one", 1);
  const Conversation other = maker.turn("/home/user/other", 1);
  EXPECT_EQ(one.system, other.system);
  ASSERT_EQ(one.tools.size(), other.tools.size());
  for (size_t at = 0; at < one.tools.size(); ++at) {
    EXPECT_EQ(one.tools[at].description, other.tools[at].description);
    EXPECT_EQ(one.tools[at].input_schema_json, other.tools[at].input_schema_json);
  }
  const Message& first = one.messages.front();
  const Message& second = other.messages.front();
  EXPECT_NE(text_of(first, 0), text_of(second, 0)) << "facts of the folder";
  EXPECT_NE(text_of(first, 0).find("/home/user/one"), std::string::npos);
  EXPECT_EQ(text_of(first, 1), text_of(second, 1)) << "skills";
  EXPECT_NE(text_of(first, 2), text_of(second, 2)) << "what the user says";
}

TEST(SessionMaker, GivesSubAgentsFewerOfTheSameTools) {
  const SessionMaker maker(shape_of_tokens(15'000, 1));
  const Conversation main = maker.turn("/a", 1);
  const auto agents = maker.sub_agents("/a", 8);
  ASSERT_EQ(agents.size(), 8u);
  for (size_t at = 0; at < agents.size(); ++at) {
    EXPECT_EQ(agents[at].tools.size(), at % 4 < 2 ? 14u : 10u);
    for (const Tool& tool : agents[at].tools) {
      const auto same = std::ranges::find(main.tools, tool.name, &Tool::name);
      ASSERT_NE(same, main.tools.end());
      EXPECT_EQ(same->description, tool.description);
    }
    EXPECT_EQ(agents[at].system, agents[(at + 4) % 8].system) << "of one kind";
    EXPECT_NE(agents[at].system, agents[(at + 1) % 8].system);
    EXPECT_EQ(text_of(agents[at].messages.front(), 0), text_of(main.messages.front(), 0));
    EXPECT_NE(text_of(agents[at].messages.front(), 2),
              text_of(agents[(at + 1) % 8].messages.front(), 2));
  }
}

TEST(SessionMaker, MakesToolsThatAreOnes) {
  for (const Tool& tool : SessionMaker(shape_of_tokens(15'000, 9)).turn("/a", 1).tools) {
    const auto schema = parse_json(tool.input_schema_json, {});
    ASSERT_TRUE(schema) << tool.input_schema_json;
    EXPECT_EQ((*schema)["type"], "object");
    EXPECT_GE((*schema)["properties"].size(), 2u);
    for (const auto& name : (*schema)["required"]) {
      EXPECT_TRUE((*schema)["properties"].contains(name.get<std::string>()));
    }
  }
}

TEST(SessionMaker, StartsDifferentlyWithEachSeed) {
  // Nothing but the frame of the JSON is common to two rounds: a cold prompt is cold.
  const std::string one = body(SessionMaker(shape_of_tokens(2'000, 1)).turn("/a", 1));
  const std::string two = body(SessionMaker(shape_of_tokens(2'000, 2)).turn("/a", 1));
  EXPECT_LT(shared(one, two), 400u);
}

}  // namespace
}  // namespace anyclaude
