// Carries a bench out: warms the servers up, finds how much there is time for, asks them in turn,
// and keeps what came of it whatever happens on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/contender.h"
#include "bench/plan.h"
#include "bench/record.h"

namespace anyclaude {

struct BenchOptions {
  BenchPlan plan;
  uint64_t seed = 1;         // of all text; one that the servers have not seen makes cold ones cold
  double seconds_max = 900;  // about
  std::function<double()> elapsed_s;  // since the bench began, warming up included
  std::function<void(const std::string& what, double fraction)> progress;
};

// The own server comes first. Fills servers, plan, seed, requests, how it ended, and notes of what
// was left out and who left; the rest of the record is the caller's, notes_on included. A server
// that fails leaves the bench; its values stay. Sub-agents ask from threads of their own, which
// have ended when it returns; `progress` is called on this one.
BenchRecord run_bench(const std::vector<Contender*>& contenders, const BenchOptions& options);

}  // namespace anyclaude
