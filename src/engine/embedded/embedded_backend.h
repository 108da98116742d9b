// A GGUF model answered by libllama in this process: the Backend over one engine thread.
//
// Callers' threads render, tokenise and parse; the engine thread alone touches llama_context.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "base/result.h"
#include "engine/backend.h"
#include "engine/embedded/options.h"
#include "kv/cache.h"

namespace anyclaude {

class EmbeddedBackend final : public Backend {
 public:
  // Begins to load the model on the engine's thread and returns at once; until it is loaded,
  // `start` refuses with Error::overloaded. `cache` may be null: nothing is kept beyond the cells.
  // Both must outlive it.
  static std::unique_ptr<EmbeddedBackend> open(EmbeddedOptions options, KvCache* cache,
                                               Metrics& metrics);
  ~EmbeddedBackend() override;  // cancels everything and waits for the engine's thread

  // Blocks until the model is loaded, or says why it cannot be.
  Result<void> wait_until_loaded();

  std::string name() const override { return "embedded"; }
  std::vector<ModelInfo> models() const override;
  Readiness readiness() const override;
  Result<std::unique_ptr<Generation>> start(Request request) override;
  Result<uint32_t> count_tokens(const Request& request) override;

  // Context, cells, sequences, batch, threads, KV types, kind of memory, template and how tools are
  // shown.
  Report report() const override;

 private:
  struct Impl;
  explicit EmbeddedBackend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
