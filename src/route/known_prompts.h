// Which prompts a server has been sent lately, so how much of another one its cache may hold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/recent.h"
#include "route/needs.h"

namespace anyclaude {

// Whoever shares it between threads locks it.
class KnownPrompts {
 public:
  // What was sent longest ago is forgotten first.
  explicit KnownPrompts(size_t steps_max) : steps_(steps_max) {}

  // Bytes at the beginning of the prompt that were sent before.
  uint64_t known_bytes(const PromptTrail& trail);
  void note(const PromptTrail& trail);

 private:
  Recent<uint64_t, char> steps_;  // by their hash
};

}  // namespace anyclaude
