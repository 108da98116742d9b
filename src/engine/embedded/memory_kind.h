// How a model's context remembers, and so what of a sequence can be cut, copied and kept.
// Source: create_memory() of the pinned engine.
#pragma once

#include <cstdint>
#include <string>

struct llama_context;
struct llama_model;

namespace anyclaude {

enum class MemoryKind {
  dense,      // every layer keeps every token: any prefix can be cut off and copied
  window,     // some layers keep only the last `window_tokens`: a prefix also needs its window
  hybrid,     // some layers keep every token, others one state that each token changes
  recurrent,  // nothing but such a state
  whole       // of a form that is not known: a sequence goes on, or comes back, as it is
};

struct Memory {
  MemoryKind kind = MemoryKind::whole;
  uint32_t window_tokens = 0;  // with window; others but dense ones may have one too
  bool chunked = false;        // the window is the block of that many tokens, not the last ones

  // True where a prefix can be continued from only where its point is kept (kv/block.h).
  bool needs_points() const { return kind != MemoryKind::dense; }

  // True where the end of a live sequence can be cut off.
  bool can_cut() const { return kind == MemoryKind::dense || kind == MemoryKind::window; }

  // True where some layers keep one entry a token that goes out and comes back in ranges.
  bool has_ranges() const { return kind != MemoryKind::recurrent && kind != MemoryKind::whole; }

  // The oldest token that the next one after `length` tokens looks at in a window layer.
  uint32_t needed_from(uint32_t length) const;
};

// Looks at the context's own class: what is not known for certain is `whole`.
Memory examine_memory(const llama_model* model, llama_context* context);
std::string describe(const Memory& memory);

}  // namespace anyclaude
