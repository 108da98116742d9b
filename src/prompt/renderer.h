// What prompt/ asks of a model's chat template, and what it gets back. Implemented by
// engine/embedded over the model's Jinja template; by a script in tests.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "prompt/canonical.h"

namespace anyclaude {

// A piece of a prompt. Special tokens are parsed in the template's own text only; text of the client
// stays text, whatever it looks like.
struct Segment {
  std::string text;
  bool from_client = false;
};

// A prompt ready to be tokenised. Positions are bytes of the concatenated text.
struct CanonicalPrompt {
  std::vector<Segment> segments;
  size_t head_bytes = 0;  // end of what precedes the first message: tools and system; a save point
  size_t body_bytes = 0;  // end of the last message, before the generation prompt; a save point
};

class TemplateRenderer {
 public:
  virtual ~TemplateRenderer() = default;
  // Thread-safe. Error::invalid_request when the template refuses the conversation.
  virtual Result<CanonicalPrompt> render(const CanonicalConversation& conversation) const = 0;
};

}  // namespace anyclaude
