// How much of a long thing is done.
#pragma once

#include <cstdint>
#include <optional>

namespace anyclaude {

struct Amount {
  float fraction = 0;  // [0, 1]
  // At most one of them, where its rate is told.
  std::optional<uint64_t> bytes;
  std::optional<uint64_t> tokens;
};

}  // namespace anyclaude
