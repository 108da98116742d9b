// What libllama knows of its cells and its public interface does not offer: its own classes of the
// pinned source are looked at, here alone. All belongs to the engine's thread.
#pragma once

#include <cstdint>

struct llama_context;

namespace anyclaude {

// The highest used cell and one, rounded up as the engine does (256); 0 where a model's memory has
// no such cells, or is of a kind not known here. Attention takes time by it, not by how many cells
// are used, so a conversation that pauses in the high ones slows all others down.
uint32_t used_cells_end(llama_context* context);

// The tokens [begin, end) that a sequence has in the layers that keep every token; (0, 0): none.
// The public functions answer for the window layers where a model has some.
struct KeptTokens {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const KeptTokens&) const = default;
};
KeptTokens kept_tokens(llama_context* context, int32_t sequence);

// Empties the window layers' cells of a sequence before `position`. The engine itself overwrites
// them only when its ring, which has room for the windows of all sequences, has come round, and
// lets every token look over all of it until then.
void forget_window_before(llama_context* context, int32_t sequence, uint32_t position);

}  // namespace anyclaude
