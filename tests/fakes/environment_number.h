// A number that makes a test longer, or another one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace anyclaude {

inline uint64_t environment_number(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::stoull(text) : otherwise;
}

}  // namespace anyclaude
