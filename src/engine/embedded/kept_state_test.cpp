// What comes back out of RAM or from the disk is what went there, byte for byte, and computes the
// same logits as if it had never left the cells. On one model for each form that a model's memory
// takes: two real ones and tiny ones with random weights (cmake/tiny_models.cmake).
//
// With the same threads, plan of chunks and cells the logits are the same numbers, so the largest
// difference must be 0. What is put back stands in a row; a window that grew stands in a ring, in
// another order, and sums that are rounded in another order differ. So where a prompt is longer
// than the window, the uninterrupted run is one that was cut back in the cells, which puts it in a
// row too; and where the rings go on differently all the same, what came from RAM and what came
// from the disk are still the same numbers, and only rounding is between them and the live run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>

#include "base/files.h"
#include "engine/embedded/batch.h"
#include "engine/embedded/engine.h"
#include "fakes/engine_life.h"
#include "fakes/named_models.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

constexpr uint32_t batch_tokens = 64;
using test::Answer;
using test::Life;
using test::Logits;
using test::Prompt;

struct TestModel {
  const char* name;
  MemoryKind kind;
  bool real = false;

  uint32_t prompt_tokens() const { return real ? 401 : 791; }
  // Where other prompts part from it: at the end of a block, and inside one.
  uint32_t half() const { return real ? 256 : 512; }
  uint32_t branch() const { return real ? 192 : 320; }
  uint32_t cells_of_one() const { return real ? 512 : 1024; }
};

void PrintTo(const TestModel& model, std::ostream* out) { *out << model.name; }

double distance(const Logits& a, const Logits& b) {
  if (a.empty() || a.size() != b.size()) return INFINITY;
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i) out = std::max<double>(out, std::abs(a[i] - b[i]));
  return out;
}

class KeptState : public testing::TestWithParam<TestModel> {
 protected:
  const uint32_t prompt_tokens_ = GetParam().prompt_tokens();

  void SetUp() override { load(); }

  void load(uint32_t cells = 4096) {
    EmbeddedOptions options;
    options.model_path = test::named_model(GetParam().name);
    options.context_tokens = std::min(cells, 2048u);
    options.cache_cells = cells;
    options.sequences_max = 2;
    options.batch_tokens = batch_tokens;
    options.threads = 1;  // several share the cells of a token among them, by their places
    model_.reset();
    auto model = Model::load(options, [](float) { return true; });
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
    ASSERT_EQ(model_->memory().kind, GetParam().kind);
  }

  std::unique_ptr<KvCache> open(uint64_t ram_bytes = 1ull << 30) {
    return open(folder_.path(), ram_bytes);
  }
  std::unique_ptr<KvCache> open(const std::filesystem::path& folder,
                                uint64_t ram_bytes = 1ull << 30) {
    CacheOptions options;
    options.ram_bytes_max = ram_bytes;
    options.disk.folder = folder;
    options.disk.bytes_max = 4ull << 30;
    auto cache = KvCache::open(real_files(), options, metrics_);
    cache->settle();
    return cache;
  }

  // Every value but those that a vocabulary may begin or end with.
  Prompt random_prompt(size_t length) {
    const auto count = llama_vocab_n_tokens(llama_model_get_vocab(model_->model()));
    Prompt out(length);
    for (Token& token : out) {
      token = static_cast<Token>(8 + random_() % (static_cast<uint32_t>(count) - 16));
    }
    return out;
  }

  bool past_window() const {
    const uint32_t window = model_->memory().window_tokens;
    return window > 0 && prompt_tokens_ > window;
  }

  static Prompt first(const Prompt& prompt, size_t length) {
    return {prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(length)};
  }

  // Shares exactly the first `length` tokens.
  Prompt parting(const Prompt& prompt, uint32_t length, uint32_t size) {
    Prompt out = first(prompt, length);
    out.push_back(prompt[length] == 9 ? 10 : 9);
    for (const Token token : random_prompt(size - out.size())) out.push_back(token);
    return out;
  }

  void expect_same(const std::string& when, const Answer& kept, const Answer& uninterrupted,
                   bool same_cells = true) {
    const double difference = distance(kept.logits, uninterrupted.logits);
    std::printf("[  exact   ] %-19s %-27s computed %3llu, max |difference| %g\n", GetParam().name,
                when.c_str(), static_cast<unsigned long long>(kept.computed), difference);
    const auto [low, high] =
        std::minmax_element(uninterrupted.logits.begin(), uninterrupted.logits.end());
    EXPECT_LE(difference, same_cells ? 0 : (*high - *low) / 10'000) << when;
    EXPECT_EQ(kept.tokens, uninterrupted.tokens) << when;
  }

  TemporaryFolder folder_;
  Metrics metrics_;
  std::unique_ptr<Model> model_;
  std::mt19937 random_{20261126};
};

TEST_P(KeptState, ComesBackByteForByte) {
  Cells cells(model_->context(), model_->memory());
  ASSERT_TRUE(cells.movable());
  const Prompt tokens = random_prompt(prompt_tokens_);
  Batch batch(batch_tokens);
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    batch.add(tokens[i], i, 0, false);
    if (!batch.full() && i + 1 < tokens.size()) continue;
    ASSERT_EQ(batch.decode(model_->context()), Decoded::done);
    batch.clear();
  }
  const Fingerprint fingerprint{1, 2};
  std::map<uint32_t, Bytes> ranges;  // by end
  {
    const auto cache = open();
    for (uint32_t begin = 0; begin < tokens.size(); begin += block_tokens) {
      const uint32_t end = std::min(begin + block_tokens, prompt_tokens_);
      ranges[end] = cells.extract_range(0, begin, end);
      ASSERT_TRUE(ranges[end]);
      ASSERT_TRUE(
          cache->store_range(fingerprint, std::span(tokens).first(end), begin, ranges[end], {}));
    }
  }
  const auto point = cells.take_checkpoint(0, prompt_tokens_);
  ASSERT_EQ(point.has_value(), model_->memory().needs_points());
  if (point) {
    ASSERT_TRUE(open()->store_point(fingerprint, tokens, point->bytes, {}));
  }
  cells.clear(0);

  const auto cache = open();
  const KvCache::Found found = cache->find(fingerprint, tokens, true);
  ASSERT_EQ(found.ranges_end, prompt_tokens_);
  const auto load = cache->load(found.prefix, 0, prompt_tokens_, point ? prompt_tokens_ : 0, [] {});
  while (!load->done()) {
    ASSERT_FALSE(load->failed());
    const auto piece = load->next();
    if (!piece) continue;
    const PieceHead& head = *piece->head;
    if (head.kind == PieceKind::point) {
      EXPECT_EQ(*piece->payload, *point->bytes);
      ASSERT_EQ(cells.restore_point(0, head.end, *piece->payload), Cells::Restored::done);
    } else {
      EXPECT_EQ(*piece->payload, *ranges[head.end]);
      const Cells::Range range{head.begin, head.end, piece->payload, head.begin, head.end};
      ASSERT_TRUE(cells.fits_range(range));
      ASSERT_EQ(cells.restore_ranges(0, {&range, 1}), Cells::Restored::done);
    }
  }
  EXPECT_TRUE(cells.complete(0, prompt_tokens_));
  for (const auto& [end, bytes] : ranges) {
    const uint32_t begin = (end - 1) / block_tokens * block_tokens;
    EXPECT_EQ(*cells.extract_range(0, begin, end), *bytes) << "[" << begin << ", " << end << ")";
  }
  if (point) {
    EXPECT_EQ(*cells.take_checkpoint(0, prompt_tokens_)->bytes, *point->bytes);
  }
}

TEST_P(KeptState, ComputesTheSame) {
  const Prompt prompt = random_prompt(prompt_tokens_);
  const Prompt later = random_prompt(70);
  const auto goes_on = [&](const Answer& answer) {
    Prompt out = prompt;
    out.insert(out.end(), answer.tokens.begin(), answer.tokens.end());
    out.insert(out.end(), later.begin(), later.end());
    return out;
  };
  Answer live;
  Answer next;
  {
    Life life(*model_, nullptr);
    const Answer cold = life.ask(prompt);
    EXPECT_EQ(cold.computed, prompt_tokens_);
    life.ask(goes_on(cold));
    live = life.ask(prompt);
    EXPECT_EQ(live.computed, 1u);
    if (!past_window()) expect_same("cut back", live, cold);
    next = life.ask(goes_on(live));
    EXPECT_EQ(next.computed, later.size() + 1);
  }
  std::vector<Answer> from_ram;
  for (const char* from : {"from RAM", "from disk"}) {
    const TemporaryFolder folder;
    auto cache = open(folder.path());
    Life(*model_, cache.get()).ask(prompt);
    if (!from_ram.empty()) {
      cache.reset();
      cache = open(folder.path(), 0);
    }
    const Answer kept = Life(*model_, cache.get()).ask(prompt);
    expect_same(from, kept, live, !past_window());
    EXPECT_EQ(kept.computed, 1u);
    // The save point at the end of the answer is where the conversation goes on.
    const Answer kept_next = Life(*model_, cache.get()).ask(goes_on(live));
    expect_same(std::string("going on ") + from, kept_next, next, !past_window());
    EXPECT_EQ(kept_next.computed, next.computed);
    if (from_ram.empty()) {
      from_ram = {kept, kept_next};
    } else {
      expect_same("from disk and RAM", kept, from_ram[0]);
      expect_same("going on, disk and RAM", kept_next, from_ram[1]);
    }
  }
}

// Of a prompt that is half the same: all blocks of that half, or up to the middle of one.
TEST_P(KeptState, ComputesTheSameFromWhereConversationsPart) {
  for (const uint32_t common : {GetParam().half(), GetParam().branch()}) {
    const Prompt prompt = random_prompt(prompt_tokens_);
    const Prompt other = parting(prompt, common, common + 1);
    const Answer cold = Life(*model_, nullptr).ask(prompt);
    for (const char* from : {"from RAM", "from disk"}) {
      const TemporaryFolder folder;
      auto cache = open(folder.path());
      Life(*model_, cache.get()).ask(other);
      if (from == std::string("from disk")) {
        cache.reset();
        cache = open(folder.path(), 0);
      }
      const Answer kept = Life(*model_, cache.get()).ask(prompt);
      expect_same(std::to_string(common) + " tokens " + from, kept, cold, !past_window());
      EXPECT_EQ(kept.computed, prompt_tokens_ - common);
    }
  }
}

// Other conversations take the cells, and it comes back among them.
TEST_P(KeptState, ComputesTheSameAfterEviction) {
  load(GetParam().cells_of_one());
  const Prompt prompt = random_prompt(prompt_tokens_);
  const auto cache = open();
  Life life(*model_, cache.get());
  Answer live = life.ask(prompt);
  if (past_window()) {
    life.ask(parting(prompt, prompt_tokens_ - 1, prompt_tokens_ + 40));
    live = life.ask(prompt);
  }
  for (const char* other : {"two", "three"}) {
    life.ask(random_prompt(GetParam().cells_of_one() - 20), other);
  }
  EXPECT_GT(life.value("anyclaude_engine_evictions_total"), 0u);
  const Answer kept = life.ask(prompt);
  EXPECT_EQ(kept.computed, 1u);
  expect_same("after eviction", kept, live, !past_window());
}

// Of a real model, too, a window that is full.
class KeptWindow : public KeptState {};

TEST_P(KeptWindow, ComputesTheSame) {
  const Prompt prompt = random_prompt(801);
  const auto cache = open();
  Answer live;
  {
    Life life(*model_, cache.get());
    life.ask(prompt);
    life.ask(parting(prompt, 800, 870));
    live = life.ask(prompt);
    EXPECT_EQ(live.computed, 1u);
  }
  const Answer kept = Life(*model_, cache.get()).ask(prompt);
  EXPECT_EQ(kept.computed, 1u);
  expect_same("a full window", kept, live);
}

INSTANTIATE_TEST_SUITE_P(Models, KeptWindow,
                         testing::Values(TestModel{"gemma", MemoryKind::window, true}),
                         [](const auto& info) { return info.param.name; });

constexpr TestModel models[] = {
    {"smollm2", MemoryKind::dense, true},    {"gemma", MemoryKind::window, true},
    {"gemma3-dense", MemoryKind::window},    {"gpt-oss-moe", MemoryKind::window},
    {"qwen35-dense", MemoryKind::hybrid},    {"qwen3next-moe", MemoryKind::hybrid},
    {"lfm2-dense", MemoryKind::hybrid},      {"jamba-dense", MemoryKind::hybrid},
    {"falcon-h1-dense", MemoryKind::hybrid}, {"nemotron_h-dense", MemoryKind::hybrid},
    {"mamba2-dense", MemoryKind::recurrent}, {"granitehybrid-dense", MemoryKind::hybrid},
    {"deepseek32-moe", MemoryKind::whole},
};

INSTANTIATE_TEST_SUITE_P(Models, KeptState, testing::ValuesIn(models),
                         [](const auto& info) { return test::instance_name(info.param.name); });

}  // namespace
}  // namespace anyclaude
