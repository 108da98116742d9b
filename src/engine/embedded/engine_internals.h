// What libllama knows of its cells and its public interface does not offer: its own classes of the
// pinned source are looked at. All belongs to the engine's thread.
#pragma once

#include <cstdint>

struct llama_context;

namespace anyclaude {

// Empties the window layers' cells of a sequence before `position`. The engine itself overwrites
// them only when its ring, which has room for the windows of all sequences, has come round, and
// lets every token look over all of it until then.
void forget_window_before(llama_context* context, int32_t sequence, uint32_t position);

}  // namespace anyclaude
