// Hashes of 128 bits as bytes, beside the numbers of base/little_endian.h. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/little_endian.h"
#include "kv/block.h"

namespace anyclaude {

inline void put(std::vector<uint8_t>& out, const Hash128& hash) {
  put(out, hash.high);
  put(out, hash.low);
}

inline Hash128 get_hash(ByteReader& reader) {
  const auto high = reader.get<uint64_t>();
  return {.high = high, .low = reader.get<uint64_t>()};
}

}  // namespace anyclaude
