// The bytes of FOLDER/index, a snapshot of what the disk tier knows: the heads of all pieces, when
// and how often each was used, and what of the day's budget is spent. Only a hint, so that a start
// need not read 100,000 files; the folder itself is what counts. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "kv/block.h"

namespace anyclaude {

constexpr uint64_t index_bytes_max = 4ull << 30;

struct DiskIndex {
  int64_t day = 0;             // since 1970
  uint64_t written_bytes = 0;  // on that day
  std::vector<PieceRecord> pieces;
};

std::vector<uint8_t> encode_index(const DiskIndex& index);

// All or nothing: a snapshot that is wrong anywhere is io; one of another version not_found.
Result<DiskIndex> parse_index(std::span<const uint8_t> bytes);

}  // namespace anyclaude
