// A server's life without its API: a cache over a folder, on a disk that may fail, and an engine
// over the cache.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/files.h"
#include "base/metrics.h"
#include "engine/embedded/embedded_backend.h"
#include "fakes/conversations.h"
#include "kv/cache.h"
#include "protocol/server_report.h"

namespace anyclaude {

class CachedEngine {
 public:
  struct Choice {
    EmbeddedOptions engine;
    std::filesystem::path folder = "/cache";
    uint64_t ram_bytes_max = 1ull << 30;
    std::function<int64_t()> now_s;  // empty: the system's clock
  };

  static Choice choice(const std::string& model, uint32_t cells = 1024) {
    Choice choice;
    choice.engine.model_path = model;
    choice.engine.context_tokens = choice.engine.cache_cells = cells;
    choice.engine.sequences_max = 4;
    choice.engine.batch_tokens = 128;
    choice.engine.threads = 1;
    choice.engine.seed = 1;
    return choice;
  }

  CachedEngine(Files& files, const Choice& choice) {
    CacheOptions cache;
    cache.ram_bytes_max = choice.ram_bytes_max;
    cache.disk.folder = choice.folder;
    cache.disk.bytes_max = 1ull << 30;
    cache.now_s = cache.disk.now_s = choice.now_s;
    cache_ = KvCache::open(files, cache, metrics_);
    backend_ = EmbeddedBackend::open(choice.engine, cache_.get(), metrics_);
    const auto loaded = backend_->wait_until_loaded();
    EXPECT_TRUE(loaded) << loaded.error().message;
    cache_->settle();
  }

  KvCache& cache() { return *cache_; }
  // Ends the engine, which stores what is not stored yet; the cache goes on.
  void finish() {
    backend_.reset();
    cache_->settle();
  }

  struct Outcome {
    std::string text;
    uint32_t prompt = 0;
    uint32_t computed = 0;
    uint32_t output = 0;
  };
  // Every request must be answered, and its usage be what the engine has counted.
  Outcome answer(const Request& request) {
    const uint64_t before = computed_tokens();
    auto generation = backend_->start(request);
    const auto answer = generation ? run(**generation) : std::unexpected(generation.error());
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return {};
    const auto& usage = answer->finish.usage;
    const auto computed = static_cast<uint32_t>(computed_tokens() - before);
    EXPECT_EQ(computed, usage.prompt_tokens - usage.prompt_tokens_cached);
    return {.text = answer->text,
            .prompt = usage.prompt_tokens,
            .computed = computed,
            .output = usage.output_tokens};
  }
  Outcome answer(const std::string& question) {
    return answer(greedy_request({user(question)}, 6));
  }

  // The sum of all series of a metric.
  uint64_t metric(const std::string& name) const { return sum_metric(metrics_.print(), name); }

 private:
  uint64_t computed_tokens() const {
    return sum_metric(metrics_.print(), "anyclaude_engine_prefill_tokens_total",
                      R"(for="request")");
  }

  Metrics metrics_;
  std::unique_ptr<KvCache> cache_;  // outlives the engine, which stores until its end
  std::unique_ptr<EmbeddedBackend> backend_;
};

}  // namespace anyclaude
