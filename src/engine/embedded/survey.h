// What the engine can tell of a machine and of a model's file without loading anything. Includes
// nothing of the engine, so that `doctor` can ask. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct MachineSurvey {
  std::vector<std::string> gpus;  // that this build can use
  uint32_t cores = 0;             // physical
  uint64_t memory_free_bytes = 0;
};

MachineSurvey survey_machine();

// Memory for a further model's weights: the GPUs' where there are some, unless `gpu_layers` is 0,
// else RAM. There `loaded_bytes` of weights are mapped files, which the system counts as free.
uint64_t free_for_weights(int32_t gpu_layers, uint64_t loaded_bytes);

struct ModelSurvey {
  std::string name;              // as its makers call it; may be empty
  std::string architecture;      // "llama", "qwen3moe" ...
  uint32_t context_trained = 0;  // tokens; 0: not said
  uint64_t bytes = 0;            // of this file; a split model has more
  bool has_chat_template = false;

  const std::string& title() const { return name.empty() ? architecture : name; }
};

// Reads the metadata of a GGUF. Error::not_found without such a file, Error::invalid_request if it
// is not a GGUF or is cut in its head.
Result<ModelSurvey> survey_model(const std::string& path);

}  // namespace anyclaude
