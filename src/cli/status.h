// `anyclaude status`: what the server is doing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/server_state.h"
#include "config/config.h"
#include "protocol/server_report.h"

namespace anyclaude {

// 0 when a server runs, 3 when none does.
int status(const Config& config);

// What there is to say about a running server.
struct StatusFacts {
  ServerState server;
  std::string url;
  int64_t now_s = 0;  // since the epoch
  HealthReport health;
  std::vector<ModelReport> models;
  std::vector<RunningReport> requests;
  uint64_t tokens_computed = 0;  // of prompts
  uint64_t tokens_reused = 0;
  uint64_t tokens_decoded = 0;  // of answers
  std::string failure;          // why some of this could not be asked
};

std::string status_text(const StatusFacts& facts);
std::string status_json(const StatusFacts& facts);

}  // namespace anyclaude
