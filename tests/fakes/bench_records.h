// Records of benches that were never run.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "bench/record.h"

namespace anyclaude {

inline MeasuredRequest measured(size_t server, uint32_t round, Scenario scenario, size_t number,
                                double first_s, std::optional<uint32_t> prompt,
                                std::optional<uint32_t> reused) {
  return {server, round, scenario, number, {first_s, first_s + 0.01, {prompt, reused}}};
}

// Two servers: the first keeps prompts, was restarted and tells all; the second computes every
// prompt anew and does not tell what it had. Two rounds.
inline BenchRecord two_servers(std::string rival_name = "localhost:9001") {
  BenchRecord record;
  record.version = "1.2.3";
  record.started = "2026-01-31 09:00:00 UTC";
  record.seconds = 61.4;
  record.settings = {"--model=/models/some.gguf"};
  record.machine = {"Some Processor", 8, 16ull << 30, "Linux 6.1", 0.5};
  record.seed = 17;
  record.plan = {.rounds = 2, .prompt_tokens = 1'000};
  record.servers.push_back({"anyclaude", "http://127.0.0.1:4000", "local-some", "Messages", 8'192});
  record.servers.push_back(
      {std::move(rival_name), "http://localhost:9001", "other", "Chat Completions", 0});
  for (uint32_t round = 1; round <= 2; ++round) {
    for (size_t query = 1; query <= session_queries; ++query) {
      const auto prompt = static_cast<uint32_t>(1'000 + 100 * (query - 1));
      const double cold = 2 + 0.1 * round;
      record.requests.push_back(measured(0, round, Scenario::session, query,
                                         query == 1 ? cold : 0.2, prompt,
                                         query == 1 ? 0 : prompt - 100));
      record.requests.push_back(
          measured(1, round, Scenario::session, query, cold, prompt, std::nullopt));
    }
    record.requests.push_back(measured(0, round, Scenario::other_repository, 1, 0.5, 1'000, 700));
    for (size_t agent = 1; agent <= agents_at_once; ++agent) {
      record.requests.push_back(
          measured(0, round, Scenario::agents, agent, 0.1 * static_cast<double>(agent), 600, 500));
    }
    record.requests.push_back(measured(0, round, Scenario::restart, 1, 0.3, 2'000, 1'900));
  }
  return record;
}

}  // namespace anyclaude
