// What was computed once comes back: after a restart, after other conversations took the cells, and
// never wrong. On both real models: SmolLM2 (dense) and Gemma-3-270M (window).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "engine/embedded/embedded_backend.h"
#include "fakes/conversations.h"
#include "fakes/test_models.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

Request ask(std::vector<std::string> texts, int32_t max_tokens = 6) {
  Request request;
  for (size_t i = 0; i < texts.size(); ++i) {
    request.conversation.messages.push_back(i % 2 == 0 ? user(std::move(texts[i]))
                                                       : assistant(std::move(texts[i])));
  }
  request.conversation.max_tokens = max_tokens;
  request.conversation.sampling.temperature = 0.0f;
  return request;
}

struct Outcome {
  std::string text;
  uint32_t prompt = 0;
  uint32_t computed = 0;
};

// A server's life: a cache over a folder and an engine over the cache.
class Life {
 public:
  struct Choice {
    std::string model;
    uint32_t cells = 2048;
    uint64_t ram_bytes = 1ull << 30;
    std::string kv_type;
  };

  Life(const fs::path& folder, const Choice& choice) {
    CacheOptions cache;
    cache.ram_bytes_max = choice.ram_bytes;
    cache.disk.folder = folder;
    cache.disk.bytes_max = 4ull << 30;
    cache_ = KvCache::open(real_files(), cache, metrics_);
    EmbeddedOptions options;
    options.model_path = choice.model;
    options.context_tokens = std::min(choice.cells, 2048u);
    options.cache_cells = choice.cells;
    options.sequences_max = 4;
    options.batch_tokens = 128;
    options.kv_type_k = choice.kv_type;
    options.threads = 1;
    options.seed = 1;
    backend_ = EmbeddedBackend::open(options, cache_.get(), metrics_);
    const auto loaded = backend_->wait_until_loaded();
    EXPECT_TRUE(loaded) << loaded.error().message;
    cache_->settle();
  }

  Outcome answer(const Request& request) {
    Outcome out;
    const uint64_t before = value("anyclaude_engine_prefill_tokens_total", {{"for", "request"}});
    auto generation = backend_->start(request);
    if (!generation) {
      ADD_FAILURE() << generation.error().message;
      return out;
    }
    const auto answer = run(**generation);
    EXPECT_TRUE(answer);
    out.text = answer->text;
    out.prompt = answer->finish.usage.prompt_tokens;
    out.computed = static_cast<uint32_t>(
        value("anyclaude_engine_prefill_tokens_total", {{"for", "request"}}) - before);
    EXPECT_EQ(out.computed, out.prompt - answer->finish.usage.prompt_tokens_cached);
    return out;
  }

  uint64_t value(const char* name, const Metrics::Labels& labels = {}) {
    return metrics_.counter(name, "", labels).value();
  }

 private:
  Metrics metrics_;
  std::unique_ptr<KvCache> cache_;  // outlives the engine, which stores until its end
  std::unique_ptr<EmbeddedBackend> backend_;
};

class CachedConversations : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "cached_conversations";
    fs::remove_all(folder_);
    choice_.model = GetParam() == std::string("gemma") ? test::gemma() : test::smollm2();
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

  fs::path folder_;
  Life::Choice choice_;
};

TEST_P(CachedConversations, OutliveTheServer) {
  const std::string question = "Tell me about " + words(110, "river");
  Outcome cold;
  {
    Life life(folder_, choice_);
    cold = life.answer(ask({question}));
    EXPECT_EQ(cold.computed, cold.prompt);
  }
  Life life(folder_, choice_);
  const Outcome warm = life.answer(ask({question}));
  EXPECT_EQ(warm.computed, 1u) << "of " << warm.prompt;
  EXPECT_EQ(warm.text, cold.text);
  EXPECT_EQ(life.value("anyclaude_engine_restores_failed_total"), 0u);
  // And the conversation goes on.
  const Outcome next = life.answer(ask({question, cold.text, "Go on."}));
  EXPECT_LT(next.computed, 40u) << "of " << next.prompt;
}

TEST_P(CachedConversations, ComeBackWhenOthersTookTheirCells) {
  choice_.cells = 1024;
  Life life(folder_, choice_);
  const Request first = ask({"Describe " + words(90, "tree")});
  const Outcome cold = life.answer(first);
  for (int i = 0; i < 4; ++i) {
    life.answer(ask({std::to_string(i) + " other " + words(90, "stone" + std::to_string(i))}));
  }
  EXPECT_GT(life.value("anyclaude_engine_evictions_total"), 0u);
  const Outcome warm = life.answer(first);
  EXPECT_EQ(warm.computed, 1u) << "of " << warm.prompt;
  EXPECT_EQ(warm.text, cold.text);
  EXPECT_GT(life.value("anyclaude_engine_restored_tokens_total"), 0u);
}

// The next request may go on from far before the end of the one before it, at once: what stands
// behind is kept all the same.
TEST_P(CachedConversations, AreKeptWhenTheyAreCutBackAtOnce) {
  Life life(folder_, choice_);
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
    Life life(folder_, choice_);
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
  Life life(folder_, choice_);
  const Outcome again = life.answer(request);
  EXPECT_EQ(again.computed, again.prompt);
  EXPECT_EQ(again.text, cold.text);
}

TEST_P(CachedConversations, OfOtherStateAreAMiss) {
  const Request request = ask({"Name " + words(90, "lake")});
  {
    Life life(folder_, choice_);
    life.answer(request);
  }
  choice_.kv_type = "q8_0";
  Life life(folder_, choice_);
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
    Life life(folder_, choice_);
    const Outcome first = life.answer(of("anna", "group team"));
    EXPECT_EQ(first.computed, first.prompt);
    EXPECT_EQ(life.answer(of("ben", "group team")).computed, 1u);
    for (const char* sharing : {"", "key carl"}) {
      EXPECT_EQ(life.answer(of("other", sharing)).computed, first.prompt) << sharing;
    }
  }
  Life life(folder_, choice_);
  const Outcome stranger = life.answer(of("dora", "key dora"));
  EXPECT_EQ(stranger.computed, stranger.prompt);
  for (const char* sharing : {"group team", "", "key carl"}) {
    EXPECT_EQ(life.answer(of("again", sharing)).computed, 1u) << sharing;
  }
}

TEST_P(CachedConversations, OfAnotherContextSizeAreAHit) {
  const Request request = ask({"Name " + words(90, "field")});
  {
    Life life(folder_, choice_);
    life.answer(request);
  }
  choice_.cells = 1536;
  Life life(folder_, choice_);
  EXPECT_EQ(life.answer(request).computed, 1u);
}

INSTANTIATE_TEST_SUITE_P(Models, CachedConversations, testing::Values("smollm2", "gemma"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace anyclaude
