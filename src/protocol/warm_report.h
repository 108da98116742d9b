// How far the server is with computing the prompts it knows before anybody asks: the lines of
// POST /api/warm, read back by `anyclaude warm`. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace anyclaude {

struct WarmReport {
  uint64_t prompts = 0;  // done
  uint64_t prompts_all = 0;
  uint64_t failed = 0;       // of those done: this model cannot take them
  std::string client;        // whose is being computed
  uint32_t tools = 0;        // that it has
  uint32_t tokens_done = 0;  // of it
  uint32_t tokens = 0;
  uint64_t computed = 0;  // tokens, of those done
  uint64_t reused = 0;    // tokens that were there already
  uint64_t noted = 0;     // requests that told the server a prompt since it began
  bool done = false;
};

std::string encode(const WarmReport& report);
// Error::upstream if the text is no such report; members that are missing keep their default.
Result<WarmReport> decode_warm_report(const std::string& json);

}  // namespace anyclaude
