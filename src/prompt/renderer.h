// What prompt/ asks of a model's chat template, and what it gets back. Implemented by
// engine/embedded over the model's Jinja template; by a script in tests.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "prompt/canonical.h"

namespace anyclaude {

// A prompt ready to be tokenised. A special token is parsed only where it lies whole within one
// segment: the cuts between segments keep control-token look-alikes in a client's text from
// becoming tokens (prompt/guard.h). Positions are bytes of the concatenated text.
struct CanonicalPrompt {
  std::vector<std::string> segments;
  // Where later prompts are likely to part from this one, ascending: the end of tools and system,
  // the start of the newest text of the first user turn.
  std::vector<size_t> save_points;
};

class TemplateRenderer {
 public:
  virtual ~TemplateRenderer() = default;
  // Thread-safe. Error::invalid_request when the template refuses the conversation.
  virtual Result<CanonicalPrompt> render(const CanonicalConversation& conversation) const = 0;
};

}  // namespace anyclaude
