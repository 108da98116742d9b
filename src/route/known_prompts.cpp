#include "route/known_prompts.h"

#include <algorithm>

namespace anyclaude {

uint64_t KnownPrompts::known_bytes(const PromptTrail& trail) {
  // From the end: a conversation mostly goes on where it was.
  for (auto step = trail.steps.rbegin(); step != trail.steps.rend(); ++step) {
    if (steps_.find(step->hash) != nullptr) return step->bytes;
  }
  return 0;
}

void KnownPrompts::note(const PromptTrail& trail) {
  // The beginning last: it is what others have too, so it goes last.
  for (auto step = trail.steps.rbegin(); step != trail.steps.rend(); ++step) {
    steps_.put(step->hash, 0);
  }
}

}  // namespace anyclaude
