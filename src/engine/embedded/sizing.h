// How large context, cells and batches may be on this machine: libllama's parameters from the
// options, a memory budget and a measurement of what a token takes.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/embedded/memory_kind.h"
#include "engine/embedded/model.h"
#include "engine/embedded/options.h"
#include "llama.h"

namespace anyclaude {

// What a machine and a model offer; separate from where it is read so that the choice can be
// tested.
struct SizingFacts {
  uint32_t trained = 0;            // context the model was trained for
  uint64_t memory_free_bytes = 0;  // where the cells will be: RAM, or the GPUs' memory
  uint64_t model_bytes = 0;        // of weights that will take room there too
  uint64_t cell_bytes = 0;         // one token in all layers that keep every token
  uint64_t sequence_bytes = 0;     // what one more sequence costs (windows, recurrent state)
  uint32_t cores = 1;
  bool context_changes_rope = false;  // a longer context changes the position encoding
  Memory memory;
};

Result<ModelSizes> choose_sizes(const EmbeddedOptions& options, const SizingFacts& facts);

// Reads the facts; `context_parameters` as they will be used, but for sizes.
Result<SizingFacts> read_sizing_facts(const EmbeddedOptions& options, llama_model* model,
                                      const llama_context_params& context_parameters);

uint64_t free_memory_bytes();
uint64_t free_gpu_bytes();  // of all GPUs that this build can use; 0: there is none
uint32_t physical_cores();

}  // namespace anyclaude
