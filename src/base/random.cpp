#include "base/random.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cstdlib>

namespace anyclaude {

std::string random_hex(size_t bytes) {
  std::array<unsigned char, 256> buffer;
  assert(bytes <= buffer.size());
  // Fails only on kernels without the call, where a key that can be guessed would be worse than
  // no program at all.
  if (getentropy(buffer.data(), bytes) != 0) {
    std::abort();  // tidy: allow exit, because there is no safe answer
  }
  std::string hex;
  for (size_t i = 0; i < bytes; ++i) hex += fmt::format("{:02x}", buffer[i]);
  return hex;
}

}  // namespace anyclaude
