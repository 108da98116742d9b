// What a bench asks, in which order, and how much of it there is time for. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/session_maker.h"
#include "protocol/chat.h"

namespace anyclaude {

// Kinds of requests. `session` is ten of them, of which the first is cold.
enum class Scenario { session, other_repository, agents, restart };

std::string_view name_of(Scenario scenario);  // as in results.json: "session", "other_repository"

constexpr size_t session_queries = 10;
constexpr size_t agents_at_once = 8;

struct BenchPlan {
  uint32_t rounds = 3;
  uint32_t prompt_tokens = 15'000;  // of the first prompt of a session
  bool agents = true;
};

// Asked of each server before it is the next step's turn.
struct BenchStep {
  Scenario scenario = Scenario::session;
  size_t number = 1;                 // of the query within the session, from 1
  std::vector<Conversation> asked;   // several: at once
  uint32_t new_tokens_expected = 0;  // about; for the progress shown
};

// Those of one round, in their order. The same shape gives the same steps; with another seed
// nothing of them is known to a server that has seen these.
std::vector<BenchStep> round_steps(const BenchPlan& plan, const SessionShape& shape);

// The first prompt of a session of that shape.
Conversation first_prompt(const SessionShape& shape);

// About how long the plan takes servers that read so many tokens a second.
double seconds_of(const BenchPlan& plan, const std::vector<double>& tokens_per_second);

struct FittedPlan {
  BenchPlan plan;
  std::vector<std::string> left_out;  // what, and why, for the reader
};

// `wanted` made to fit: first the context (0: unknown), then the time, by fewer rounds, a shorter
// prompt, no sub-agents. What cannot be made shorter takes longer, and says so.
FittedPlan fit_plan(const BenchPlan& wanted, uint32_t context_tokens,
                    const std::vector<double>& tokens_per_second, double seconds_max);

}  // namespace anyclaude
