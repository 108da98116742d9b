// Who is computed next. Pure decisions over what the engine knows of its tasks; no model, no clock
// of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/embedded/job.h"
#include "engine/embedded/keeper.h"
#include "engine/embedded/sequences.h"
#include "sampling.h"

namespace anyclaude {

using Instant = std::chrono::steady_clock::time_point;

// A job in the engine's hands.
struct Task {
  std::shared_ptr<Job> job;
  common_sampler_ptr sampler;
  Instant arrived;
  std::vector<Token> tokens;          // the prompt, and what was generated or forced behind it
  std::vector<uint32_t> save_points;  // ascending; more come in when other prompts part from this
  Sequence* sequence = nullptr;       // null: not begun, or put back
  std::unique_ptr<Restore> restore;   // its beginning is on its way out of the cache
  uint32_t estimate = 0;              // tokens to compute until the prompt is done
  uint32_t computed_to = 0;           // the furthest position that was ever computed or reused
  uint32_t prompt_computed = 0;       // prompt tokens computed for this request
  uint32_t generated = 0;             // tokens of the answer, forced ones included

  uint32_t position() const {
    return sequence ? static_cast<uint32_t>(sequence->tokens.size()) : 0;
  }
  bool prompt_done() const { return generated > 0; }
  // Nothing but the newest token is missing in the cells.
  bool decoding() const { return sequence && prompt_done() && position() + 1 == tokens.size(); }
  bool prefilling() const { return !decoding(); }
};

// How long a task waits before it counts as one class more urgent than it is.
constexpr std::chrono::seconds patience{30};

// The class a task has now; waiting makes it more urgent.
Priority urgency(const Task& task, Instant now);

// True when `a` should be computed before `b`: by class, then the shorter work first, so that
// nobody waits behind somebody else's long prompt, then by arrival.
bool goes_before(const Task& a, const Task& b, Instant now);

// The end of the chunk that begins at `position`: the next save point or the last token if one
// chunk reaches it, else the next multiple of `batch`; small chunks cost more a token. A function
// of the prompt and its save points alone, never of load, so that the same prompt is always
// computed in the same pieces. The last token stands alone because it is what a repeated prompt
// computes again: both get the same logits, and state that cannot be cut is kept where the repeat
// continues from.
uint32_t chunk_end(const Task& task, uint32_t position, uint32_t batch);

void add_save_point(Task& task, uint32_t position);

}  // namespace anyclaude
