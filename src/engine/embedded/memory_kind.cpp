#include "engine/embedded/memory_kind.h"

#include "engine/embedded/engine_internals.h"
#include "engine/embedded/metadata.h"
#include "llama.h"

namespace anyclaude {

Memory examine_memory(const llama_model* model, llama_context* context) {
  Memory memory{memory_kind_of(context)};
  if (memory.kind != MemoryKind::dense) {
    const int32_t window = llama_model_n_swa(model);
    memory.window_tokens = window > 0 ? static_cast<uint32_t>(window) : 0;
    memory.chunked = architecture_of(model) == "llama4";
  }
  return memory;
}

uint32_t Memory::needed_from(uint32_t length) const {
  if (window_tokens == 0) return 0;
  if (chunked) return length / window_tokens * window_tokens;
  return length + 1 > window_tokens ? length + 1 - window_tokens : 0;
}

std::string describe(const Memory& memory) {
  switch (memory.kind) {
    case MemoryKind::dense:
      return "dense";
    case MemoryKind::window:
      return "window of " + std::to_string(memory.window_tokens) + " tokens";
    case MemoryKind::hybrid:
      return "hybrid of attention and recurrent state";
    case MemoryKind::recurrent:
      return "recurrent state";
    case MemoryKind::whole:
      return "whole sequences only";
  }
  return "";
}

}  // namespace anyclaude
