// What libllama knows of its cells and its public interface does not offer: its own classes of the
// pinned source are looked at. All belongs to the engine's thread.
#pragma once

#include <cstdint>

#include "engine/embedded/cells.h"
#include "engine/embedded/memory_kind.h"
#include "engine/embedded/state_blob.h"

struct llama_context;

namespace anyclaude {

// By the class of the context's memory. MemoryKind::whole for every class whose sequences are not
// known to be cut and copied as this program does it: a wrong guess may abort.
MemoryKind memory_kind_of(llama_context* context);

// Empties the window layers' cells of a sequence before `position`. The engine itself overwrites
// them only when its ring, which has room for the windows of all sequences, has come round, and
// lets every token look over all of it until then.
void forget_window_before(llama_context* context, int32_t sequence, uint32_t position);

// Empties what of a sequence cannot be cut, its windows and recurrent state, and leaves the rest.
void forget_points(llama_context* context, int32_t sequence);

// Puts cells of a sequence, its tokens' where it has none or its windows' in the place of those it
// has; false: they have no room. The bytes go from where they lie into the cells, by several
// threads: the public interface would need all of them in one piece, and takes one.
enum class CellsOf { tokens, windows };
bool put_cells(llama_context* context, int32_t sequence, const JoinedSection& joined, CellsOf part);

// Of the layers that keep every token; none where no layer does.
Cells::Usage cell_usage(llama_context* context);
// One behind the highest that a sequence uses.
uint32_t cells_end_of(llama_context* context, int32_t sequence);

}  // namespace anyclaude
