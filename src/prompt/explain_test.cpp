#include "prompt/explain.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// Where the sections of every prompt here begin, in tokens.
constexpr PromptExtents extents{
    .instructions = 1000, .instructions_end = 1300, .context = 1310, .messages = 1500};

class PromptHistoryTest : public testing::Test {
 protected:
  PromptHistoryTest() {
    conversation_.tools = {{"Read", "Reads.", "{}"}, {"Write", "Writes.", "{}"}};
    conversation_.messages = {{.role = CanonicalRole::system, .text = "You are.\nBe brief."},
                              {.role = CanonicalRole::user, .text = "Place: /a\nMonday\nLook."}};
    conversation_.first_user_partings = {10, 17};
  }

  Departure look(const std::string& sharing = "") {
    return history_.compare(conversation_, extents, 2000, sharing);
  }
  void answer(const std::string& text) {
    conversation_.messages.push_back({.role = CanonicalRole::assistant, .text = text});
    conversation_.messages.push_back({.role = CanonicalRole::user, .text = "And now?"});
  }

  PromptHistory history_;
  CanonicalConversation conversation_;
};

TEST_F(PromptHistoryTest, GoesOnBehindAnEarlierOne) {
  EXPECT_FALSE(look().compared);
  answer("Done.");
  const Departure next = look();
  EXPECT_TRUE(next.compared);
  EXPECT_FALSE(next.section);
  EXPECT_EQ(next.known_tokens, 2000u);
  EXPECT_FALSE(look().section);  // the same again
}

TEST_F(PromptHistoryTest, TellsTheFirstNewPart) {
  look();
  const auto changed = [&](const auto& change) {
    const CanonicalConversation before = conversation_;
    change();
    const Departure departure = look();
    conversation_ = before;
    return departure;
  };
  auto& messages = conversation_.messages;
  EXPECT_EQ(changed([&] { conversation_.tools[1].description = "Writes files."; }).part,
            "tool Write");
  EXPECT_EQ(changed([&] { conversation_.tools.push_back({"Zip", "", "{}"}); }).part, "tool Zip");
  const auto instructions = changed([&] { messages[0].text = "You are.\nBe long."; });
  EXPECT_EQ(instructions.part, "instructions, line 2");
  EXPECT_EQ(instructions.known_tokens, extents.instructions);
  const auto context = changed([&] { messages[1].text = "Place: /a\nSunday\nLook."; });
  EXPECT_EQ(context.part, "context, line 2");
  EXPECT_EQ(context.section, PromptSection::context);
  EXPECT_EQ(changed([&] { messages[1].text = "Place: /a\nMonday\nGo."; }).part, "message 1");
}

TEST_F(PromptHistoryTest, TellsWhichMessageWasEdited) {
  answer("One.");
  answer("Two.");
  look();
  conversation_.messages[4].text = "Two!";
  EXPECT_EQ(look().part, "message 4");
  conversation_.messages[4].calls = {{"toolu_1", "Read", "{}"}};
  EXPECT_EQ(look().part, "message 4");
}

// A shorter one after it is no news.
TEST_F(PromptHistoryTest, PartsOfAnEarlierOneAreKnown) {
  answer("One.");
  look();
  conversation_.messages.resize(2);
  const Departure shorter = look();
  EXPECT_TRUE(shorter.compared);
  EXPECT_FALSE(shorter.section);
}

TEST_F(PromptHistoryTest, ComparesWithThoseOfTheSameKeyAlone) {
  look("a");
  EXPECT_FALSE(look("b").compared);
  EXPECT_TRUE(look("a").compared);
}

TEST_F(PromptHistoryTest, ForgetsTheOldest) {
  look();
  const CanonicalConversation first = conversation_;
  for (size_t i = 0; i < PromptHistory::prompts_max; ++i) {
    conversation_.tools[0].description = std::to_string(i);
    look();
  }
  conversation_ = first;
  EXPECT_EQ(look().part, "tool Read");
}

TEST(Explain, TellsWhyNoMoreWasFound) {
  Departure departure{.compared = true, .known_tokens = 2000};
  const auto reason = [](const Departure& of, size_t found_tokens) {
    return std::string(departure_reasons[static_cast<size_t>(reason_of(of, found_tokens, 2000))]);
  };
  EXPECT_EQ(reason({}, 0), "first");
  EXPECT_EQ(reason(departure, 1998), "goes_on");
  EXPECT_EQ(reason(departure, 1000), "forgotten");
  departure.section = PromptSection::context;
  departure.part = "context, line 3";
  EXPECT_EQ(reason(departure, 1900), "context");
  EXPECT_EQ(reason(departure, 1999), "goes_on");
  const SectionTokens tokens = tokens_by_section(extents, 2000);
  EXPECT_EQ(tokens.tools, 1010u);
  EXPECT_EQ(tokens.instructions, 300u);
  EXPECT_EQ(tokens.context, 190u);
  EXPECT_EQ(tokens.messages, 500u);
  EXPECT_EQ(explain(tokens, departure, 1900),
            "2000 prompt tokens (tools 1010, instructions 300, context 190, messages 500), 1900 of "
            "them known; new from context, line 3 on");
}

}  // namespace
}  // namespace anyclaude
