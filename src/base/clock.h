// The system's clock where it tells dates, not durations. It may jump.
#pragma once

#include <chrono>
#include <cstdint>

namespace anyclaude {

// Unix time.
inline int64_t system_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace anyclaude
