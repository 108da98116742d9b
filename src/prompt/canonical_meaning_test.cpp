// The canonical form says what the conversation said: every text, call and result of 1,000 random
// ones is in it once, said by whom it was said, in its order, and nothing else is. Left out is
// what is listed: thinking, billing lines, empty texts. Moved is only what templates cannot take
// where it stands: results to their calls, system turns into the user's.
//
// ANYCLAUDE_TEST_CONVERSATIONS is their number, ANYCLAUDE_TEST_SEED the first seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fakes/environment_number.h"
#include "prompt/canonical.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// Something that is said, by a word that nothing else has.
struct Said {
  enum class What { user_text, assistant_text, call, result, stray_result };
  What what = What::user_text;
  std::string word;
  std::string id;  // of the call
};

struct Random {
  explicit Random(uint64_t seed) : engine(seed) {}
  uint64_t below(uint64_t limit) { return engine() % limit; }
  bool often() { return below(4) > 0; }
  bool seldom() { return below(5) == 0; }
  std::mt19937_64 engine;
};

class AnyConversation {
 public:
  explicit AnyConversation(uint64_t seed) : random_(seed) {
    if (random_.often()) {
      conversation.system = {"x-anthropic-billing-header: cc=" + std::to_string(seed), word()};
      system_word = conversation.system[1];
    }
    for (uint64_t i = random_.below(5); i > 0; --i) {
      conversation.tools.push_back({"Tool" + std::to_string(i), word(), R"({"type":"object"})"});
    }
    for (uint64_t turns = 1 + random_.below(6); turns > 0; --turns) {
      add_user();
      if (turns > 1 || random_.seldom()) add_assistant();
    }
    if (conversation.messages.back().role == Role::assistant) add_user();
  }

  Conversation conversation;
  std::vector<Said> said;  // in order; of one user turn its results stand first
  std::string system_word;

 private:
  // No word is the beginning of another.
  std::string word() { return "<" + std::to_string(words_++) + ">"; }

  void add_user() {
    Message message{.role = Role::user};
    std::vector<Said> texts;
    std::shuffle(open_calls_.begin(), open_calls_.end(), random_.engine);
    for (const std::string& id : open_calls_) {
      if (random_.seldom() && random_.seldom()) continue;  // the client has lost it
      add_result(message, id, Said::What::result);
    }
    open_calls_.clear();
    if (random_.seldom() && random_.seldom()) {
      add_result(message, "toolu_unknown", Said::What::stray_result);
    }
    for (uint64_t i = random_.below(4); i > 0 || message.blocks.empty(); i -= i > 0 ? 1 : 0) {
      if (random_.seldom()) message.blocks.emplace_back(TextBlock{""});
      texts.push_back({Said::What::user_text, word(), {}});
      const std::string& text = texts.back().word;
      message.blocks.emplace_back(TextBlock{
          random_.seldom() ? "<system-reminder>\n" + text + "\n</system-reminder>" : text});
    }
    conversation.messages.push_back(std::move(message));
    said.insert(said.end(), texts.begin(), texts.end());
    if (random_.seldom()) add_system_turn();
  }

  void add_result(Message& message, const std::string& id, Said::What what) {
    said.push_back({what, word(), id});
    message.blocks.emplace_back(
        ToolResultBlock{id, {TextBlock{said.back().word}}, random_.seldom()});
  }

  void add_system_turn() {
    said.push_back({Said::What::user_text, word(), {}});
    conversation.messages.push_back({Role::system, {TextBlock{said.back().word}}});
  }

  void add_assistant() {
    Message message{.role = Role::assistant};
    if (random_.seldom()) message.blocks.emplace_back(ThinkingBlock{word(), "signature"});
    for (uint64_t i = random_.below(3); i > 0; --i) {
      said.push_back({Said::What::assistant_text, word(), {}});
      message.blocks.emplace_back(TextBlock{said.back().word});
    }
    for (uint64_t i = conversation.tools.empty() ? 0 : random_.below(4); i > 0; --i) {
      const std::string id = "toolu_" + std::to_string(words_);
      said.push_back({Said::What::call, word(), id});
      message.blocks.emplace_back(
          ToolUseBlock{id, conversation.tools[0].name, "{\"a\":\"" + said.back().word + "\"}"});
      open_calls_.push_back(id);
    }
    conversation.messages.push_back(std::move(message));
  }

  Random random_;
  uint64_t words_ = 0;
  std::vector<std::string> open_calls_;
};

// Every text and every call of the canonical form, one after the other.
struct Shown {
  CanonicalRole role = CanonicalRole::user;
  bool call = false;
  std::string text;
  std::string id;
};

std::vector<Shown> all_shown(const CanonicalConversation& canonical) {
  std::vector<Shown> all;
  for (const auto& message : canonical.messages) {
    all.push_back({message.role, false, message.text, message.tool_call_id});
    for (const auto& call : message.calls) {
      all.push_back({message.role, true, call.arguments_json, call.id});
    }
  }
  return all;
}

struct Place {
  size_t shown = 0;
  size_t at = 0;
  auto operator<=>(const Place&) const = default;
};

class Reading {
 public:
  explicit Reading(const std::vector<Shown>& shown) : shown_(shown) {}

  // Where it stands; twice or nowhere is a failure.
  Place find(const std::string& word) const {
    std::vector<Place> places;
    for (size_t i = 0; i < shown_.size(); ++i) {
      for (size_t at = shown_[i].text.find(word); at != std::string::npos;
           at = shown_[i].text.find(word, at + 1)) {
        places.push_back({i, at});
      }
    }
    EXPECT_EQ(places.size(), 1u) << word;
    return places.empty() ? Place{} : places.front();
  }

  const Shown& at(const Place& place) const { return shown_[place.shown]; }

 private:
  const std::vector<Shown>& shown_;
};

void expect_said_by_its_speaker(const Said& said, const Shown& shown,
                                const TemplateCapabilities& capabilities) {
  switch (said.what) {
    case Said::What::assistant_text:
      EXPECT_EQ(shown.role, CanonicalRole::assistant);
      EXPECT_FALSE(shown.call);
      break;
    case Said::What::call:
      EXPECT_TRUE(shown.call);
      EXPECT_EQ(shown.id, said.id);
      break;
    case Said::What::result:
      EXPECT_EQ(shown.role, CanonicalRole::tool);
      EXPECT_EQ(shown.id, said.id);
      break;
    case Said::What::user_text:
    case Said::What::stray_result: {
      const bool behind_result =
          shown.role == CanonicalRole::tool && !capabilities.user_after_tool_result;
      EXPECT_TRUE(shown.role == CanonicalRole::user || behind_result);
      break;
    }
  }
}

// The order in which things were said, but that a result may come before the next call of its turn
// where a template takes one call at a time.
void expect_in_order(const std::vector<Said>& said, const Reading& reading, bool parallel_calls) {
  std::map<std::string, Place> calls;
  Place last;
  Place last_text;
  for (const Said& one : said) {
    const Place place = reading.find(one.word);
    if (one.what == Said::What::call) calls[one.id] = place;
    if (one.what == Said::What::result) {
      EXPECT_LT(calls[one.id], place) << one.word;
      continue;  // among each other they stand as their calls do
    }
    const bool is_text =
        one.what == Said::What::user_text || one.what == Said::What::assistant_text;
    if (is_text) {
      EXPECT_LE(last_text, place) << one.word;
      last_text = place;
    }
    if (parallel_calls && one.what != Said::What::stray_result) {
      EXPECT_LE(last, place) << one.word;
      last = place;
    }
  }
}

void check(uint64_t seed, const TemplateCapabilities& capabilities, PromptLayout layout) {
  const AnyConversation any(seed);
  const auto canonical = canonicalise(any.conversation, capabilities, layout);
  const auto shown = all_shown(canonical);
  const Reading reading(shown);
  for (const Said& said : any.said) {
    expect_said_by_its_speaker(said, reading.at(reading.find(said.word)), capabilities);
  }
  expect_in_order(any.said, reading, capabilities.parallel_calls);
  if (!any.system_word.empty()) {
    const Place place = reading.find(any.system_word);
    EXPECT_EQ(reading.at(place).role,
              capabilities.system ? CanonicalRole::system : CanonicalRole::user);
    EXPECT_EQ(place, (Place{0, 0}));
  }
  // Nothing else is said: as many words, as many calls, the same tools.
  size_t words = 0;
  for (const Shown& one : shown) words += static_cast<size_t>(std::ranges::count(one.text, '<'));
  size_t tags = 0;
  for (const Shown& one : shown) {
    for (size_t at = one.text.find("system-reminder>"); at != std::string::npos;
         at = one.text.find("system-reminder>", at + 1)) {
      ++tags;
    }
  }
  EXPECT_EQ(words - tags, any.said.size() + (any.system_word.empty() ? 0 : 1));
  std::multiset<std::string> tools;
  std::multiset<std::string> shown_tools;
  for (const Tool& tool : any.conversation.tools) tools.insert(tool.name + tool.description);
  for (const Tool& tool : canonical.tools) shown_tools.insert(tool.name + tool.description);
  EXPECT_EQ(tools, shown_tools);
}

TEST(CanonicalMeaning, IsThatOfTheConversation) {
  const uint64_t count = environment_number("ANYCLAUDE_TEST_CONVERSATIONS", 1000);
  const uint64_t first = environment_number("ANYCLAUDE_TEST_SEED", 1);
  for (uint64_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) {
    for (const int kind : {0, 1, 2, 3, 4}) {
      SCOPED_TRACE("ANYCLAUDE_TEST_SEED=" + std::to_string(seed) + " kind " + std::to_string(kind));
      check(seed,
            {.parallel_calls = kind != 1, .system = kind != 2, .user_after_tool_result = kind != 3},
            kind == 4 ? PromptLayout::as_template : PromptLayout::cache);
    }
  }
}

// Noise changes nothing: a marker's block, a billing line of another day, an empty text.
TEST(CanonicalMeaning, IsTheSameWhateverTheNoise) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    AnyConversation any(seed);
    const auto plain = all_shown(canonicalise(any.conversation, {}, PromptLayout::cache));
    Random random(seed);
    Conversation noisy = any.conversation;
    if (!noisy.system.empty()) noisy.system[0] = "x-anthropic-billing-header: another day";
    for (Message& message : noisy.messages) {
      if (random.seldom()) message.blocks.emplace_back(TextBlock{""});
      if (message.role == Role::assistant && random.seldom()) {
        message.blocks.insert(message.blocks.begin(), ThinkingBlock{"hm", "another signature"});
      }
    }
    const auto same = all_shown(canonicalise(noisy, {}, PromptLayout::cache));
    ASSERT_EQ(plain.size(), same.size()) << seed;
    for (size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(plain[i].text, same[i].text) << seed;
      ASSERT_EQ(plain[i].role, same[i].role) << seed;
    }
  }
}

}  // namespace
}  // namespace anyclaude
