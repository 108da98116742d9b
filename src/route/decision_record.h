// Decisions as they were made: with all that they were made from, so that each can be made again.
// The JSON is that of GET /api/decisions. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "route/decision.h"

namespace anyclaude {

struct DecisionRecord {
  std::string request_id;
  DecisionInput input;
  std::vector<Candidate> candidates;
  std::vector<RouteRule> rules;
  // What came of it.
  std::string server;
  std::string reason;
};

// One JSON object {"decisions": [...]}, in their order.
std::string encode(const std::vector<DecisionRecord>& records);
// Error::upstream where the text is none of `encode`'s.
Result<std::vector<DecisionRecord>> decode_decisions(const std::string& json);

}  // namespace anyclaude
