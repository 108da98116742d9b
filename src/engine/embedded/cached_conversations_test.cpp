// What was computed once comes back: after a restart, after other conversations took the cells, and
// never wrong. On both real models: SmolLM2 (dense) and Gemma-3-270M (window).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "fakes/cached_engine.h"
#include "fakes/named_models.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

using Outcome = CachedEngine::Outcome;

Request ask(std::vector<std::string> texts) {
  std::vector<Message> messages;
  for (size_t i = 0; i < texts.size(); ++i) {
    messages.push_back(i % 2 == 0 ? user(std::move(texts[i])) : assistant(std::move(texts[i])));
  }
  return greedy_request(std::move(messages), 6);
}

class CachedConversations : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "cached_conversations";
    fs::remove_all(folder_);
    choose_cells(2048);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<fs::path> pieces() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      const auto extension = entry.path().extension();
      if (extension == ".range" || extension == ".point") out.push_back(entry.path());
    }
    return out;
  }

  void choose_cells(uint32_t cells) {
    choice_ = CachedEngine::choice(test::named_model(GetParam()), cells);
    choice_.folder = folder_;
  }

  fs::path folder_;
  CachedEngine::Choice choice_;
};

TEST_P(CachedConversations, OutliveTheServer) {
  const std::string question = "Tell me about " + words(110, "river");
  Outcome cold;
  {
    CachedEngine life(real_files(), choice_);
    cold = life.answer(ask({question}));
    EXPECT_EQ(cold.computed, cold.prompt);
  }
  CachedEngine life(real_files(), choice_);
  const Outcome warm = life.answer(ask({question}));
  EXPECT_EQ(warm.computed, 1u) << "of " << warm.prompt;
  EXPECT_EQ(warm.text, cold.text);
  EXPECT_EQ(life.metric("anyclaude_engine_restores_failed_total"), 0u);
  // And the conversation goes on.
  const Outcome next = life.answer(ask({question, cold.text, "Go on."}));
  EXPECT_LT(next.computed, 40u) << "of " << next.prompt;
}

// What was sampled at random is mostly cut into other tokens when its text is tokenised: the next
// prompt has the ids themselves, and computes what stands behind them; after a restart too.
TEST_P(CachedConversations, HaveTheirAnswersAsTheyWereSampled) {
  choice_.engine.state_folder = folder_;
  Request request = ask({"Tell me about " + words(60, "river")});
  request.conversation.sampling.temperature = 1.0f;
  request.conversation.sampling.top_k = 0;
  request.conversation.max_tokens = 60;
  const auto go_on = [&](const Outcome& last) {
    request.conversation.messages.push_back(assistant(last.text));
    request.conversation.messages.push_back(user("Go on."));
  };
  // The last token of a full answer was not computed yet.
  const auto expect_only_new = [](const Outcome& last, const Outcome& next) {
    EXPECT_LE(next.computed, next.prompt - last.prompt - last.output + 1) << last.text;
    EXPECT_LT(next.prompt - last.prompt - last.output, 40u) << last.text;
  };
  Outcome second;
  {
    CachedEngine life(real_files(), choice_);
    const Outcome first = life.answer(request);
    go_on(first);
    second = life.answer(request);
    expect_only_new(first, second);
    go_on(second);
  }
  CachedEngine life(real_files(), choice_);
  expect_only_new(second, life.answer(request));
}

TEST_P(CachedConversations, ComeBackWhenOthersTookTheirCells) {
  choose_cells(1024);
  CachedEngine life(real_files(), choice_);
  const Request first = ask({"Describe " + words(90, "tree")});
  const Outcome cold = life.answer(first);
  for (int i = 0; i < 4; ++i) {
    life.answer(ask({std::to_string(i) + " other " + words(90, "stone" + std::to_string(i))}));
  }
  EXPECT_GT(life.metric("anyclaude_engine_evictions_total"), 0u);
  const Outcome warm = life.answer(first);
  EXPECT_EQ(warm.computed, 1u) << "of " << warm.prompt;
  EXPECT_EQ(warm.text, cold.text);
  EXPECT_GT(life.metric("anyclaude_engine_restored_tokens_total"), 0u);
}

// The next request may go on from far before the end of the one before it, at once: what stands
// behind is kept all the same.
TEST_P(CachedConversations, AreKeptWhenTheyAreCutBackAtOnce) {
  CachedEngine life(real_files(), choice_);
  const std::string beginning = "Remember " + words(110, "road");
  Request longer = ask({beginning, "Yes.", "And " + words(60, "sea")});
  Request shorter = ask({beginning, "Yes.", "Go on."});
  longer.origin.session_id = shorter.origin.session_id = "one";
  const Outcome first = life.answer(longer);
  life.answer(shorter);
  const Outcome again = life.answer(longer);
  EXPECT_EQ(again.computed, 1u) << "of " << again.prompt;
  EXPECT_EQ(again.text, first.text);
}

TEST_P(CachedConversations, AreComputedAgainWhereTheirFilesAreWrong) {
  const Request request = ask({"Explain " + words(110, "cloud")});
  Outcome cold;
  {
    CachedEngine life(real_files(), choice_);
    cold = life.answer(request);
  }
  const auto files = pieces();
  ASSERT_GE(files.size(), 2u);
  for (const fs::path& path : files) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(path) * 3 / 4);
    file.seekg(middle);
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(middle);
    file.put(byte);
  }
  CachedEngine life(real_files(), choice_);
  const Outcome again = life.answer(request);
  EXPECT_EQ(again.computed, again.prompt);
  EXPECT_EQ(again.text, cold.text);
}

TEST_P(CachedConversations, OfOtherStateAreAMiss) {
  const Request request = ask({"Name " + words(90, "lake")});
  {
    CachedEngine life(real_files(), choice_);
    life.answer(request);
  }
  choice_.engine.kv_type_k = "q8_0";
  CachedEngine life(real_files(), choice_);
  const Outcome other = life.answer(request);
  EXPECT_EQ(other.computed, other.prompt);
}

// Several keys: nobody finds out what others have asked, neither from the cells nor from the disk.
TEST_P(CachedConversations, ServeThoseAloneWhoShareThem) {
  const auto of = [](const char* key, const char* sharing) {
    Request request = ask({"Keep to yourself " + words(90, "hill")});
    request.origin.key_name = key;
    request.origin.sharing = sharing;
    return request;
  };
  {
    CachedEngine life(real_files(), choice_);
    const Outcome first = life.answer(of("anna", "group team"));
    EXPECT_EQ(first.computed, first.prompt);
    EXPECT_EQ(life.answer(of("ben", "group team")).computed, 1u);
    for (const char* sharing : {"", "key carl"}) {
      EXPECT_EQ(life.answer(of("other", sharing)).computed, first.prompt) << sharing;
    }
  }
  CachedEngine life(real_files(), choice_);
  const Outcome stranger = life.answer(of("dora", "key dora"));
  EXPECT_EQ(stranger.computed, stranger.prompt);
  for (const char* sharing : {"group team", "", "key carl"}) {
    EXPECT_EQ(life.answer(of("again", sharing)).computed, 1u) << sharing;
  }
}

TEST_P(CachedConversations, OfAnotherContextSizeAreAHit) {
  const Request request = ask({"Name " + words(90, "field")});
  {
    CachedEngine life(real_files(), choice_);
    life.answer(request);
  }
  choose_cells(1536);
  CachedEngine life(real_files(), choice_);
  EXPECT_EQ(life.answer(request).computed, 1u);
}

INSTANTIATE_TEST_SUITE_P(Models, CachedConversations, testing::Values("smollm2", "gemma"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace anyclaude
