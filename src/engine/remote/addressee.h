// Who is asked, and for how much: what a request says beside its conversation.
#pragma once

#include <cstdint>
#include <string>

namespace anyclaude {

struct Addressee {
  std::string model;                    // as the server calls it
  int32_t max_tokens = 0;               // of the answer; 0: the server's own limit
  bool takes_template_options = false;  // ServerFacts
};

}  // namespace anyclaude
