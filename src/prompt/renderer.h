// What prompt/ asks of a model's chat template. Implemented by engine/embedded over the model's
// Jinja template; by a script in tests.
#pragma once

#include <string>

#include "base/result.h"
#include "prompt/canonical.h"

namespace anyclaude {

class TemplateRenderer {
 public:
  enum class Tools {
    listed,
    left_out,  // written as a conversation with tools is, but without their list
  };
  virtual ~TemplateRenderer() = default;

  // The conversation up to where the answer begins, without its prefill. The client's texts carry
  // the guard's marks (prompt/guard.h). Thread-safe. Error::invalid_request when the template
  // refuses the conversation.
  virtual Result<std::string> render(const CanonicalConversation& conversation,
                                     Tools tools) const = 0;
};

}  // namespace anyclaude
