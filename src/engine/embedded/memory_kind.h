// How a model's context remembers, and so what of a sequence can be cut, copied and kept.
// Source: create_memory() of the pinned engine; libllama's own functions tell the rest.
#pragma once

#include <cstdint>
#include <string>

struct llama_model;

namespace anyclaude {

enum class MemoryKind {
  dense,   // every layer keeps every token: any prefix can be cut off and copied
  window,  // some layers keep only the last `window_tokens`: a prefix also needs its window
  whole    // recurrent, hybrid or unknown: a sequence can only be continued or copied as it is
};

struct Memory {
  MemoryKind kind = MemoryKind::whole;
  uint32_t window_tokens = 0;  // with MemoryKind::window
  bool chunked = false;        // the window is the block of that many tokens, not the last ones

  // True where a prefix can be continued from only where its point is kept (kv/block.h).
  bool needs_points() const { return kind != MemoryKind::dense; }

  // The oldest token that the next one after `length` tokens looks at in a window layer.
  uint32_t needed_from(uint32_t length) const;
};

Memory examine_memory(const llama_model* model);
std::string describe(const Memory& memory);

}  // namespace anyclaude
