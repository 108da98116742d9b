#include "bench/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>

namespace anyclaude {
namespace {

// Of the prompt that warms a server up; its pace is taken for the plan.
constexpr uint32_t warm_tokens_most = 800;
constexpr int fittings_max = 5;
constexpr double length_error_max = 0.01;

class Runner {
 public:
  Runner(const std::vector<Contender*>& contenders, const BenchOptions& options)
      : options_(options) {
    for (Contender* contender : contenders) {
      record_.servers.push_back(contender->facts());
      taking_part_.push_back({contender, record_.servers.size() - 1, true, 1});
    }
    record_.seed = options.seed;
    record_.plan = options.plan;
  }

  BenchRecord run() {
    if (warm_up()) {
      fit();
      for (uint32_t round = 1; round <= record_.plan.rounds && go_on(); ++round) {
        run_round(round);
        if (go_on()) leave_out_rounds_after(round);
      }
    }
    return std::move(record_);
  }

 private:
  struct TakingPart {
    Contender* contender = nullptr;
    size_t server = 0;
    bool alive = true;
    double tokens_per_second = 1;
  };

  bool go_on() const {
    return !record_.interrupted && std::ranges::any_of(taking_part_, &TakingPart::alive);
  }

  // It leaves; or, where the user wants so, everything ends.
  void failed(TakingPart& one, const Error& error, std::string_view when) {
    if (error.kind == Error::Kind::cancelled) {
      record_.interrupted = true;
      return;
    }
    one.alive = false;
    record_.own_failed = record_.own_failed || one.server == 0;
    record_.notes.push_back(fmt::format("{} left the bench {}: {}",
                                        record_.servers[one.server].name, when, error.message));
  }

  void show(const std::string& what) const {
    if (options_.progress) {
      options_.progress(what, weight_all_ > 0 ? weight_done_ / weight_all_ : 0);
    }
  }

  // False: there is nobody left to go on with.
  bool warm_up() {
    const uint32_t tokens = std::min(warm_tokens_most, options_.plan.prompt_tokens / 2);
    const SessionMaker maker(shape_of_tokens(tokens, seed_of(0)));
    Conversation greeting;
    greeting.max_tokens = 1;
    greeting.messages.emplace_back().blocks.emplace_back(TextBlock{"Hi"});
    for (TakingPart& one : taking_part_) {
      show(fmt::format("warming up {}", record_.servers[one.server].name));
      if (!ask_warming(one, greeting)) continue;
      const auto measured = ask_warming(one, maker.turn("/home/user/warm", 1));
      if (!measured) continue;
      one.tokens_per_second =
          measured->tokens.prompt.value_or(tokens) / std::max(measured->first_s, 1e-3);
      if (const auto settled = one.contender->settle(); !settled) {
        failed(one, settled.error(), "while it was warmed up");
      }
    }
    return go_on();
  }

  std::optional<Measured> ask_warming(TakingPart& one, const Conversation& conversation) {
    if (!one.alive || record_.interrupted) return std::nullopt;
    auto measured = one.contender->ask(conversation, "");
    if (measured) return *measured;
    failed(one, measured.error(), "while it was warmed up");
    return std::nullopt;
  }

  // Of that many tokens by the own server's count; by a usual one where it does not count.
  SessionShape shape_of_round(uint32_t round) const {
    const double wanted = record_.plan.prompt_tokens;
    SessionShape shape = shape_of_tokens(record_.plan.prompt_tokens, seed_of(round));
    const TakingPart& own = taking_part_.front();
    for (int fitting = 0; own.alive && fitting < fittings_max; ++fitting) {
      const auto found = own.contender->count(first_prompt(shape));
      if (!found || *found == 0) break;
      const double factor = wanted / *found;
      if (std::abs(factor - 1) <= length_error_max) break;
      shape = shape.scaled(factor);
    }
    return shape;
  }

  // A server that keeps less than expected takes longer.
  void leave_out_rounds_after(uint32_t round) {
    if (!options_.elapsed_s || round >= record_.plan.rounds) return;
    const double each = options_.elapsed_s() / round;
    if (each * (round + 1) <= options_.seconds_max) return;
    record_.notes.push_back(fmt::format(
        "{} of {} rounds: each took {:.0f} s, and --time-limit does not allow for another one.",
        round, record_.plan.rounds, each));
    record_.plan.rounds = round;
  }

  uint64_t seed_of(uint32_t round) const { return options_.seed * 1'000 + 2 * round; }

  void fit() {
    uint32_t context = 0;
    std::vector<double> paces;
    for (const TakingPart& one : taking_part_) {
      if (!one.alive) continue;
      const uint32_t has = record_.servers[one.server].context_tokens;
      if (has > 0 && (context == 0 || has < context)) context = has;
      paces.push_back(one.tokens_per_second);
    }
    FittedPlan fitted = fit_plan(options_.plan, context, paces, options_.seconds_max);
    record_.plan = fitted.plan;
    std::ranges::move(fitted.left_out, std::back_inserter(record_.notes));
  }

  void run_round(uint32_t round) {
    const std::vector<BenchStep> steps = round_steps(record_.plan, shape_of_round(round));
    if (round == 1) {
      for (const BenchStep& step : steps) {
        for (const TakingPart& one : taking_part_) {
          weight_all_ += record_.plan.rounds * weight_of(step, one);
        }
      }
    }
    for (size_t at = 0; at < steps.size(); ++at) {
      std::vector<TakingPart*> order;
      for (TakingPart& one : taking_part_) order.push_back(&one);
      // A B B A: what disturbs the machine for a while disturbs all alike.
      if ((round + at) % 2 == 0) std::ranges::reverse(order);
      for (TakingPart* one : order) {
        if (one->alive && !record_.interrupted) run_step(*one, steps[at], round);
        weight_done_ += weight_of(steps[at], *one);
      }
    }
  }

  static double weight_of(const BenchStep& step, const TakingPart& one) {
    return step.new_tokens_expected / one.tokens_per_second;
  }

  void run_step(TakingPart& one, const BenchStep& step, uint32_t round) {
    const bool restart = step.scenario == Scenario::restart;
    if (restart && !one.contender->restarts()) return;
    show(fmt::format("round {} of {}, {}: {}", round, record_.plan.rounds,
                     record_.servers[one.server].name, words_for(step)));
    const std::string when = fmt::format("in round {} ({})", round, words_for(step));
    if (restart) {
      if (const auto restarted = one.contender->restart(); !restarted) {
        return failed(one, restarted.error(), when);
      }
    }
    std::vector<Result<Measured>> answers(step.asked.size(), Measured());
    if (step.asked.size() == 1) {
      answers.front() = one.contender->ask(step.asked.front(), "");
    } else {
      ask_at_once(*one.contender, step.asked, answers);
    }
    const Error* error = nullptr;
    for (size_t at = 0; at < answers.size(); ++at) {
      if (!answers[at]) {
        error = &answers[at].error();
        continue;
      }
      const size_t number = step.asked.size() == 1 ? step.number : at + 1;
      record_.requests.push_back({one.server, round, step.scenario, number, *answers[at]});
    }
    if (error) return failed(one, *error, when);
    if (const auto settled = one.contender->settle(); !settled) {
      failed(one, settled.error(), when);
    }
  }

  static void ask_at_once(Contender& contender, const std::vector<Conversation>& asked,
                          std::vector<Result<Measured>>& answers) {
    std::vector<std::thread> threads;
    for (size_t at = 0; at < asked.size(); ++at) {
      threads.emplace_back([&contender, &asked, &answers, at] {
        answers[at] = contender.ask(asked[at], fmt::format("agent-{}", at + 1));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  static std::string words_for(const BenchStep& step) {
    switch (step.scenario) {
      case Scenario::session:
        return fmt::format("query {} of {}", step.number, session_queries);
      case Scenario::other_repository:
        return "another repository";
      case Scenario::agents:
        return fmt::format("{} sub-agents at once", step.asked.size());
      case Scenario::restart:
        return "after a restart";
    }
    return {};
  }

  const BenchOptions& options_;
  BenchRecord record_;
  std::vector<TakingPart> taking_part_;
  double weight_done_ = 0;  // of what is to be done, in seconds as expected
  double weight_all_ = 0;
};

}  // namespace

BenchRecord run_bench(const std::vector<Contender*>& contenders, const BenchOptions& options) {
  return Runner(contenders, options).run();
}

}  // namespace anyclaude
