#include "bench/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "base/units.h"

namespace anyclaude {
namespace {

constexpr std::string_view first_folder = "/home/user/project";
constexpr std::string_view second_folder = "/home/user/another";

constexpr uint32_t turn_tokens = 150;            // a call, its result, and what the template adds
constexpr uint32_t tokens_beside_turns = 1'000;  // agents' tasks, other vocabularies, the answer
constexpr uint32_t prompt_tokens_least = 500;
// Below that a session is not like one any more: time alone makes it no shorter.
constexpr uint32_t prompt_tokens_for_time = 2'000;

// Of the first prompt, in hundredths, what another repository and all agents make a server compute,
// about: more than this program, less than one that finds nothing of another prompt.
constexpr uint32_t repository_share = 50;
constexpr uint32_t agents_share = 8 * 45;

uint32_t share_of(uint32_t tokens, uint32_t hundredths) {
  return static_cast<uint32_t>(uint64_t{tokens} * hundredths / 100);
}

// Prompt tokens that a round computes at most.
double tokens_of_round(const BenchPlan& plan) {
  const uint32_t turns = (session_queries + 1) * turn_tokens;
  return plan.prompt_tokens + turns + share_of(plan.prompt_tokens, repository_share) +
         (plan.agents ? share_of(plan.prompt_tokens, agents_share) : 0);
}

std::string about(double seconds) {
  return print_duration(std::chrono::seconds(static_cast<int64_t>(seconds + 1)));
}

}  // namespace

std::string_view name_of(Scenario scenario) {
  switch (scenario) {
    case Scenario::session:
      return "session";
    case Scenario::other_repository:
      return "other_repository";
    case Scenario::agents:
      return "agents";
    case Scenario::restart:
      return "restart";
  }
  return {};
}

Conversation first_prompt(const SessionShape& shape) {
  return SessionMaker(shape).turn(first_folder, 1);
}

std::vector<BenchStep> round_steps(const BenchPlan& plan, const SessionShape& shape) {
  const SessionMaker maker(shape);
  std::vector<BenchStep> steps;
  for (size_t query = 1; query <= session_queries; ++query) {
    steps.push_back({Scenario::session,
                     query,
                     {maker.turn(first_folder, query)},
                     query == 1 ? plan.prompt_tokens : turn_tokens});
  }
  steps.push_back({Scenario::other_repository,
                   1,
                   {maker.turn(second_folder, 1)},
                   share_of(plan.prompt_tokens, repository_share)});
  if (plan.agents) {
    steps.push_back({Scenario::agents, 1, maker.sub_agents(first_folder, agents_at_once),
                     share_of(plan.prompt_tokens, agents_share)});
  }
  steps.push_back({Scenario::restart,
                   1,
                   {maker.next_question(maker.turn(first_folder, session_queries), "restart")},
                   turn_tokens});
  return steps;
}

double seconds_of(const BenchPlan& plan, const std::vector<double>& tokens_per_second) {
  return std::accumulate(tokens_per_second.begin(), tokens_per_second.end(), 0.0,
                         [&](double sum, double rate) {
                           return sum + plan.rounds * tokens_of_round(plan) / std::max(rate, 0.1);
                         });
}

FittedPlan fit_plan(const BenchPlan& wanted, uint32_t context_tokens,
                    const std::vector<double>& tokens_per_second, double seconds_max) {
  FittedPlan fitted{wanted, {}};
  BenchPlan& plan = fitted.plan;
  const uint32_t beside = session_queries * turn_tokens + tokens_beside_turns;
  const uint32_t room =
      std::max(prompt_tokens_least, context_tokens - std::min(context_tokens, beside));
  if (context_tokens > 0 && plan.prompt_tokens > room) {
    fitted.left_out.push_back(fmt::format(
        "Prompts have {} tokens instead of {}: the smallest context is {}, and a session needs {} "
        "beside its first prompt.",
        print_count(room), print_count(plan.prompt_tokens), print_count(context_tokens),
        print_count(beside)));
    plan.prompt_tokens = room;
  }
  const auto seconds = [&] { return seconds_of(plan, tokens_per_second); };
  const std::string limit = about(seconds_max - 1);
  if (const uint32_t rounds = plan.rounds; seconds() > seconds_max && rounds > 1) {
    const double whole = seconds();
    const auto fit = static_cast<uint32_t>(rounds * seconds_max / whole);
    plan.rounds = std::clamp(fit, 1u, rounds);
    fitted.left_out.push_back(
        fmt::format("{} of {} rounds: all would take about {}, more than "
                    "--time-limit {}.",
                    plan.rounds, rounds, about(whole), limit));
  }
  if (const uint32_t tokens = plan.prompt_tokens;
      seconds() > seconds_max && tokens > prompt_tokens_for_time) {
    const double whole = seconds();
    plan.prompt_tokens = 0;  // the turns stay as long as they are
    const double turns = seconds();
    const double share = (seconds_max - turns) / (whole - turns);
    plan.prompt_tokens = static_cast<uint32_t>(std::clamp(
        share * tokens, static_cast<double>(prompt_tokens_for_time), static_cast<double>(tokens)));
    fitted.left_out.push_back(fmt::format(
        "Prompts have {} tokens instead of {}: one round of these would take about {}, more than "
        "--time-limit {}.",
        print_count(plan.prompt_tokens), print_count(tokens), about(whole), limit));
  }
  if (plan.agents && seconds() > seconds_max) {
    fitted.left_out.push_back(
        fmt::format("Sub-agents were left out: with them it would take about {}, more than "
                    "--time-limit {}.",
                    about(seconds()), limit));
    plan.agents = false;
  }
  if (seconds() > seconds_max) {
    fitted.left_out.push_back(
        fmt::format("It was to take about {}, more than --time-limit {}: there is nothing left to "
                    "leave out.",
                    about(seconds()), limit));
  }
  return fitted;
}

}  // namespace anyclaude
