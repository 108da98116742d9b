// Time as decisions are made from it, a parameter for tests.
#pragma once

#include <chrono>
#include <functional>

namespace anyclaude {

// In seconds since any moment; never goes back.
using RouteClock = std::function<double()>;

inline RouteClock steady_seconds() {
  return [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
}

}  // namespace anyclaude
