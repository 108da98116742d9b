// What the API counts. Names and labels of every metric of this layer stand here.
#pragma once

#include <string_view>

#include "base/metrics.h"
#include "protocol/chat.h"

namespace anyclaude {

// Thread-safe.
class ApiMetrics {
 public:
  explicit ApiMetrics(Metrics& metrics);

  void count_request(std::string_view endpoint, int status);
  // What an answer's usage reported to its client.
  void count_usage(const Usage& usage);

  Gauge& in_flight;
  Histogram& time_to_first_token;
  Counter& clients_gone;
  Counter& stream_errors;  // after the head with status 200 had been sent

 private:
  Metrics& metrics_;
  Counter& prompt_tokens_;
  Counter& prompt_tokens_cached_;
  Counter& output_tokens_;
};

}  // namespace anyclaude
