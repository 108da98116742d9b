// What a request needs of whoever answers it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/chat.h"

namespace anyclaude {

// The prompt as a chain: each step's hash covers everything up to its end. Two prompts have in
// common what they have equal steps of.
struct PromptTrail {
  struct Step {
    uint64_t hash = 0;
    uint64_t bytes = 0;  // of the prompt, up to here
  };
  std::vector<Step> steps;
  size_t head_steps = 0;  // of tools and system text

  uint64_t bytes() const { return steps.empty() ? 0 : steps.back().bytes; }
  // Of tools and system text, which conversations of one kind have in common; of an empty prompt 0.
  uint64_t head_hash() const { return head_steps == 0 ? 0 : steps[head_steps - 1].hash; }
};

PromptTrail trail_of(const Request& request);

struct Needs {
  bool tools = false;       // tools are in use: one was called already, or has to be
  bool edits = false;       // the user's last words ask for files to be changed
  bool images = false;      // there are some to look at
  bool search = false;      // of the web, by the server
  bool background = false;  // nobody waits for it: a title, a summary, a classification
  bool agent = false;       // a sub-agent asks
};

Needs needs_of(const Request& request);

}  // namespace anyclaude
