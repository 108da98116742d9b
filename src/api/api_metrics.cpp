#include "api/api_metrics.h"

#include <string>

namespace anyclaude {

ApiMetrics::ApiMetrics(Metrics& metrics)
    : in_flight(metrics.gauge("anyclaude_api_in_flight", "Answers being produced")),
      time_to_first_token(metrics.histogram("anyclaude_api_time_to_first_token_seconds",
                                            "From the request to the first event of its answer")),
      clients_gone(metrics.counter("anyclaude_api_clients_gone_total",
                                   "Clients that left before their answer ended")),
      stream_errors(metrics.counter("anyclaude_api_stream_errors_total",
                                    "Streams that ended with an error event")),
      metrics_(metrics),
      prompt_tokens_(metrics.counter("anyclaude_api_prompt_tokens_total",
                                     "Prompt tokens, as reported to clients")),
      prompt_tokens_cached_(metrics.counter("anyclaude_api_prompt_tokens_cached_total",
                                            "Of these, read from the cache")),
      output_tokens_(metrics.counter("anyclaude_api_output_tokens_total",
                                     "Output tokens, as reported to clients")) {}

void ApiMetrics::count_request(std::string_view endpoint, int status) {
  metrics_
      .counter("anyclaude_api_requests_total", "Requests, by endpoint and status",
               {{"endpoint", std::string(endpoint)}, {"status", std::to_string(status)}})
      .add();
}

void ApiMetrics::count_usage(const Usage& usage) {
  prompt_tokens_.add(usage.prompt_tokens);
  prompt_tokens_cached_.add(usage.prompt_tokens_cached);
  output_tokens_.add(usage.output_tokens);
}

}  // namespace anyclaude
