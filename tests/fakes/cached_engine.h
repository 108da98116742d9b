// A server's life without its API: a cache over a disk that can fail, and an engine over the cache.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/metrics.h"
#include "engine/embedded/embedded_backend.h"
#include "fakes/conversations.h"
#include "kv/cache.h"

namespace anyclaude {

class CachedEngine {
 public:
  struct Choice {
    EmbeddedOptions engine;
    std::function<int64_t()> now_s;  // empty: the system's clock
  };

  static Choice choice(const std::string& model) {
    Choice choice;
    choice.engine.model_path = model;
    choice.engine.context_tokens = choice.engine.cache_cells = 1024;
    choice.engine.sequences_max = 4;
    choice.engine.batch_tokens = 128;
    choice.engine.threads = 1;
    choice.engine.seed = 1;
    return choice;
  }

  CachedEngine(Files& files, const Choice& choice) {
    CacheOptions cache;
    cache.ram_bytes_max = 1ull << 30;
    cache.disk.folder = "/cache";
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
  };
  // At temperature 0; every request must be answered.
  Outcome answer(const std::string& question) {
    Request request;
    request.conversation.messages = {user(question)};
    request.conversation.max_tokens = 6;
    request.conversation.sampling.temperature = 0.0f;
    auto generation = backend_->start(request);
    const auto answer = generation ? run(**generation) : std::unexpected(generation.error());
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return {};
    const auto& usage = answer->finish.usage;
    return {.text = answer->text,
            .prompt = usage.prompt_tokens,
            .computed = usage.prompt_tokens - usage.prompt_tokens_cached};
  }

  // The sum of all series of a metric.
  uint64_t metric(const std::string& name) const {
    const std::string text = "\n" + metrics_.print();
    uint64_t sum = 0;
    for (size_t at = text.find("\n" + name); at != std::string::npos;
         at = text.find("\n" + name, at + 1)) {
      const size_t end = at + 1 + name.size();
      if (text[end] != ' ' && text[end] != '{') continue;
      sum += std::stoull(text.substr(text.find(' ', text[end] == '{' ? text.find('}', end) : end)));
    }
    return sum;
  }

 private:
  Metrics metrics_;
  std::unique_ptr<KvCache> cache_;  // outlives the engine, which stores until its end
  std::unique_ptr<EmbeddedBackend> backend_;
};

}  // namespace anyclaude
