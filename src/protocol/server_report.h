// What a server of this program says about itself, read back by the launcher and the commands: the
// answers of /health, /v1/models and /metrics. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct HealthReport {
  bool ready = false;
  bool failed = false;
  float progress = 0;  // of `what`, [0, 1]
  std::string what;    // "loading model", or why it failed
  std::string proof;   // of the nonce, where a challenge was sent; see nonce_proof (api/auth.h)
};

struct ModelReport {
  std::string id;
  std::string description;
  uint32_t context_tokens = 0;
  uint32_t output_tokens_max = 0;
};

// Error::upstream if the text is not such a report. Members that are missing keep their default.
Result<HealthReport> decode_health(const std::string& json);
Result<std::vector<ModelReport>> decode_models(const std::string& json);

// The message of an error body (api/errors.h); empty if the text is none.
std::string decode_error_message(const std::string& json);

// The sum of a metric's series in Prometheus text, of those that hold `label` if one is given
// (for="request"); 0 where there is none.
uint64_t sum_metric(std::string_view metrics, std::string_view name, std::string_view label = {});

}  // namespace anyclaude
