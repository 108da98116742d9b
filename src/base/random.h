// Random bytes of the operating system, for keys and nonces.
#pragma once

#include <cstddef>
#include <string>

namespace anyclaude {

// `bytes` random bytes as lower-case hex; at most 256 bytes.
std::string random_hex(size_t bytes);

}  // namespace anyclaude
