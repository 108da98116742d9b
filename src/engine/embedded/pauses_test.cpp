// Conversations leave the cells when they pause, and come back before they are asked for. On models
// with attention in all layers, with windows, and with a recurrent state.
#include "engine/embedded/pauses.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/files.h"
#include "base/sync.h"
#include "fakes/engine_life.h"
#include "fakes/named_models.h"

namespace anyclaude {
namespace {

using test::Life;
using test::Prompt;

class PausesTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.model_path = test::named_model(GetParam());
    options.context_tokens = 1024;
    options.cache_cells = 4096;
    options.sequences_max = 4;
    options.batch_tokens = 64;
    options.threads = 1;
    auto model = Model::load(options, [](float) { return true; });
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
  }

  std::unique_ptr<KvCache> in_ram(uint64_t bytes) {
    CacheOptions options;
    options.ram_bytes_max = bytes;
    return KvCache::open(real_files(), options, metrics_);
  }

  Prompt random_prompt(size_t length) {
    Prompt out(length);
    for (Token& token : out) token = static_cast<Token>(8 + random_() % 100);
    return out;
  }

  static bool soon(const std::function<bool()>& happens) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Mutex mutex;
    CondVar never;
    const MutexLock lock(mutex);
    while (!happens()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      never.wait_for(mutex, std::chrono::milliseconds(10));
    }
    return true;
  }

  static Engine::Options impatient() {
    Engine::Options options;
    options.pause = std::chrono::milliseconds(0);
    return options;
  }

  Metrics metrics_;
  std::unique_ptr<Model> model_;
  std::mt19937 random_{20261126};
};

TEST_P(PausesTest, TheHighestLeavesAndComesBackLower) {
  const auto cache = in_ram(1ull << 30);
  Life life(*model_, cache.get(), impatient());
  const Prompt first = random_prompt(401);
  const Prompt second = random_prompt(301);
  const auto cold = life.ask(second, "alone");  // to compare with
  ASSERT_TRUE(soon([&] { return life.gauge("anyclaude_engine_used_cells") > 0; }));
  life.ask(first, "one");
  const auto live = life.ask(second, "two");
  EXPECT_EQ(live.tokens, cold.tokens);
  // All that were used before the last one leave, and then there is nothing below it.
  ASSERT_TRUE(soon([&] { return life.value("anyclaude_engine_pauses_total") >= 2; }));
  EXPECT_TRUE(soon([&] { return life.gauge("anyclaude_engine_cells_end") <= 310; }));
  // Asked again, it computes nothing that it computed before.
  const auto again = life.ask(first, "one");
  EXPECT_EQ(again.computed, 1u);
  EXPECT_GT(life.value("anyclaude_engine_restored_tokens_total"), 300u);
}

TEST_P(PausesTest, WhatIsExpectedComesBackBeforeItIsAskedFor) {
  const auto cache = in_ram(1ull << 30);
  Life life(*model_, cache.get(), impatient());
  const Prompt first = random_prompt(401);
  const auto cold = life.ask(first, "one");
  life.ask(random_prompt(200), "two");
  ASSERT_TRUE(soon([&] { return life.value("anyclaude_engine_pauses_total") >= 1; }));
  life.engine().expect("nobody");
  life.engine().expect("one");
  ASSERT_TRUE(soon([&] { return life.value("anyclaude_engine_restored_tokens_total") >= 408; }));
  Prompt next = first;
  next.insert(next.end(), cold.tokens.begin(), cold.tokens.end());
  next.push_back(9);
  EXPECT_EQ(life.ask(next, "one").computed, 2u);
}

TEST_P(PausesTest, WhatRamDoesNotHoldStays) {
  const auto cache = in_ram(1000);
  Life life(*model_, cache.get(), impatient());
  life.ask(random_prompt(101), "one");
  life.ask(random_prompt(102), "two");
  // A look has seen both in the cells and idle.
  ASSERT_TRUE(soon([&] { return life.gauge("anyclaude_engine_used_cells") >= 203; }));
  life.ask(random_prompt(20), "three");
  EXPECT_EQ(life.value("anyclaude_engine_pauses_total"), 0u);
}

INSTANTIATE_TEST_SUITE_P(Models, PausesTest,
                         testing::Values("smollm2", "gemma3-dense", "qwen35-dense"),
                         [](const auto& info) { return test::instance_name(info.param); });

}  // namespace
}  // namespace anyclaude
