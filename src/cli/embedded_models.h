// The models that this process computes with, and what is kept of their prompts: one cache for all
// of them, which outlives each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/cache_service.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/sync.h"
#include "cli/pinned_file.h"
#include "config/config.h"
#include "engine/backend.h"
#include "kv/cache.h"

namespace anyclaude {

// The files of all models that these settings name, the first one first; none for --model none.
// Error as choose_model, or Error::invalid_request where --small-model is none of them.
Result<std::vector<std::filesystem::path>> model_files(const Config& config);

// Thread-safe.
class EmbeddedModels {
 public:
  // `metrics` must outlive it.
  EmbeddedModels(const Config& config, Metrics& metrics);

  // Begins to load the first model and returns. Called once; the backend must not outlive this.
  Result<std::unique_ptr<Backend>> open();

  // What is kept of prompts; null until a model was needed.
  CacheService* service();

 private:
  void open_cache(uint64_t model_bytes);
  Result<std::unique_ptr<Backend>> load(const EmbeddedOptions& options, uint64_t others);

  const Config config_;
  Metrics& metrics_;
  PinnedFile pinned_;
  Mutex mutex_;
  std::unique_ptr<KvCache> cache_ GUARDED_BY(mutex_);  // opened once, then stays
  std::optional<CacheService> service_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
