#include "engine/embedded/memory_kind.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/embedded/metadata.h"
#include "llama.h"

namespace anyclaude {
namespace {

// Architectures with an attention memory of their own (indexers, compressed keys): their sequences
// are not cut until a probe has shown that they can be.
constexpr std::array<std::string_view, 8> special_memory = {"minimax-m3", "glm-dsa", "deepseek32",
                                                            "glm5-next",  "hy_v4",   "dots3note",
                                                            "deepseek4",  "dflash"};

}  // namespace

Memory examine_memory(const llama_model* model) {
  const std::string name = architecture_of(model);
  const bool special =
      std::find(special_memory.begin(), special_memory.end(), name) != special_memory.end();
  if (special || llama_model_is_recurrent(model) || llama_model_is_hybrid(model)) {
    return {MemoryKind::whole};
  }
  const int32_t window = llama_model_n_swa(model);
  if (window <= 0) return {MemoryKind::dense};
  return {MemoryKind::window, static_cast<uint32_t>(window), name == "llama4"};
}

uint32_t Memory::needed_from(uint32_t length) const {
  if (kind != MemoryKind::window) return 0;
  if (chunked) return length / window_tokens * window_tokens;
  return length + 1 > window_tokens ? length + 1 - window_tokens : 0;
}

std::string describe(const Memory& memory) {
  switch (memory.kind) {
    case MemoryKind::dense:
      return "dense";
    case MemoryKind::window:
      return "window of " + std::to_string(memory.window_tokens) + " tokens";
    case MemoryKind::whole:
      return "whole sequences only";
  }
  return "";
}

}  // namespace anyclaude
