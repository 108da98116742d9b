// How much memory this machine has. Thread-safe.
#pragma once

#include <cstdint>

namespace anyclaude {

// 0 where the system does not tell.
uint64_t machine_memory_bytes();

}  // namespace anyclaude
