// What a bench has measured, and what it comes to: results.json, from which all reports are made,
// so that every one shows the same numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/contender.h"
#include "bench/plan.h"
#include "protocol/json_text.h"

namespace anyclaude {

struct MeasuredRequest {
  size_t server = 0;  // of BenchRecord::servers
  uint32_t round = 1;
  Scenario scenario = Scenario::session;
  size_t number = 1;  // of the query or agent, from 1
  Measured measured;
};

struct BenchMachine {
  std::string processor;
  uint32_t cores = 0;
  uint64_t memory_bytes = 0;
  std::string system;      // "Linux 6.1.0"
  double load_before = 0;  // processes that wanted to run in the minute before the bench
};

struct BenchRecord {
  std::string version;
  std::string started;                // "2026-01-31 09:00:00 UTC"
  double seconds = 0;                 // that it took
  std::vector<std::string> settings;  // of the own server: "--model=..."
  BenchMachine machine;
  uint64_t seed = 0;
  BenchPlan plan;                       // that was carried out
  std::vector<ContenderFacts> servers;  // the own one first
  std::vector<MeasuredRequest> requests;
  std::vector<std::string> notes;
  bool interrupted = false;  // by the user
  bool own_failed = false;   // the own server left before the end
};

// Keys and units: docs/benchmarks.md. Seconds to a tenth of a millisecond. Rows without any value
// are left out.
Json results_json(const BenchRecord& record);

// What a reader of these numbers must know: what was not measured, not told, or is not to be relied
// on.
std::vector<std::string> notes_on(const BenchRecord& record);

}  // namespace anyclaude
