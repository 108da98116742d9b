// How much one request of a client may hold, whatever API it speaks.
#pragma once

#include <cstddef>

#include "protocol/json_limits.h"

namespace anyclaude {

struct RequestLimits {
  JsonLimits json;
  size_t messages_max = 20'000;
  size_t blocks_max = 5'000;  // of one message, one system prompt, one tool result
  size_t tools_max = 2'000;
  size_t stop_sequences_max = 100;
};

}  // namespace anyclaude
