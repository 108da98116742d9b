// A GGUF loaded with a context that fits the machine. Chooses what the options leave open.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/embedded/memory_kind.h"
#include "engine/embedded/options.h"

struct llama_context;
struct llama_model;

namespace anyclaude {

// What was chosen. Counts are tokens unless a unit is named.
struct ModelSizes {
  uint32_t context = 0;  // the longest prompt and answer together
  uint32_t trained = 0;  // what the model was trained for
  uint32_t cells = 0;    // over all sequences
  uint32_t sequences = 0;
  uint32_t batch = 0;  // the prefill chunk
  uint32_t threads = 0;
  uint64_t checkpoint_bytes_max = 0;
  uint64_t memory_bytes = 0;  // of cells, as estimated before they were allocated
};

// Belongs to the engine's thread after loading, but for the model itself (vocabulary, metadata),
// which any thread may read.
class Model {
 public:
  // `progress` is called with [0, 1] while the file is read; returning false gives up.
  static Result<std::unique_ptr<Model>> load(const EmbeddedOptions& options,
                                             const std::function<bool(float)>& progress);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  llama_model* model() const { return model_; }
  llama_context* context() const { return context_; }
  const ModelSizes& sizes() const { return sizes_; }
  const Memory& memory() const { return memory_; }
  std::string description() const;

 private:
  Model() = default;

  llama_model* model_ = nullptr;
  llama_context* context_ = nullptr;
  ModelSizes sizes_;
  Memory memory_;
};

// The engine's own messages go to the log at the debug level, but for errors; the last errors are
// kept to explain a failed load. Process-wide, as libllama's callback is.
void install_engine_log();

}  // namespace anyclaude
