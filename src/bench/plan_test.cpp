#include "bench/plan.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Plan, AsksASessionThenWhatSharesWithItAndTheRestartLast) {
  const auto steps = round_steps({.rounds = 1, .prompt_tokens = 1'000}, shape_of_tokens(1'000, 1));
  ASSERT_EQ(steps.size(), session_queries + 3);
  for (size_t at = 0; at < session_queries; ++at) {
    EXPECT_EQ(steps[at].scenario, Scenario::session);
    EXPECT_EQ(steps[at].number, at + 1);
    EXPECT_EQ(steps[at].asked.at(0).messages.size(), 2 * at + 1);
  }
  EXPECT_EQ(steps[10].scenario, Scenario::other_repository);
  EXPECT_EQ(steps[11].scenario, Scenario::agents);
  EXPECT_EQ(steps[11].asked.size(), agents_at_once);
  EXPECT_EQ(steps[12].scenario, Scenario::restart);
  EXPECT_EQ(steps[12].asked.at(0).messages.size(), steps[9].asked.at(0).messages.size() + 2);
}

TEST(Plan, LeavesSubAgentsOut) {
  const BenchPlan plan{.rounds = 1, .prompt_tokens = 1'000, .agents = false};
  for (const BenchStep& step : round_steps(plan, shape_of_tokens(1'000, 1))) {
    EXPECT_NE(step.scenario, Scenario::agents);
  }
}

TEST(FitPlan, LeavesAPlanAloneThatFits) {
  const FittedPlan fitted = fit_plan({}, 32'768, {5'000}, 900);
  EXPECT_TRUE(fitted.left_out.empty());
  EXPECT_EQ(fitted.plan.rounds, 3u);
  EXPECT_EQ(fitted.plan.prompt_tokens, 15'000u);
  EXPECT_TRUE(fitted.plan.agents);
}

TEST(FitPlan, ShortensPromptsToTheContext) {
  const FittedPlan fitted = fit_plan({}, 8'192, {50'000}, 900);
  EXPECT_EQ(fitted.plan.prompt_tokens, 5'692u);
  ASSERT_EQ(fitted.left_out.size(), 1u);
  EXPECT_NE(fitted.left_out[0].find("5,692 tokens instead of 15,000"), std::string::npos)
      << fitted.left_out[0];
  EXPECT_TRUE(fit_plan({}, 0, {50'000}, 900).left_out.empty()) << "an unknown one is no limit";
}

TEST(FitPlan, LeavesOutRoundsThenLengthThenSubAgents) {
  const double round = seconds_of({.rounds = 1}, {400});
  const FittedPlan rounds = fit_plan({}, 0, {400}, 2.5 * round);
  EXPECT_EQ(rounds.plan.rounds, 2u);
  EXPECT_EQ(rounds.plan.prompt_tokens, 15'000u);

  const FittedPlan shorter = fit_plan({}, 0, {400}, 0.5 * round);
  EXPECT_EQ(shorter.plan.rounds, 1u);
  EXPECT_GT(shorter.plan.prompt_tokens, 7'000u);
  EXPECT_LT(shorter.plan.prompt_tokens, 7'500u) << "turns do not get shorter";
  EXPECT_NEAR(seconds_of(shorter.plan, {400}), 0.5 * round, 0.1);
  EXPECT_TRUE(shorter.plan.agents);
  EXPECT_EQ(shorter.left_out.size(), 2u);

  const FittedPlan least = fit_plan({}, 0, {400}, 0.01 * round);
  EXPECT_EQ(least.plan.prompt_tokens, 2'000u);
  EXPECT_FALSE(least.plan.agents);
  EXPECT_EQ(least.left_out.size(), 4u) << "and that it takes longer all the same";
}

TEST(FitPlan, AddsUpWhatEachServerTakes) {
  EXPECT_NEAR(seconds_of({}, {100, 100}), 2 * seconds_of({}, {100}), 1e-6);
  EXPECT_LT(seconds_of({.agents = false}, {100}), seconds_of({}, {100}));
}

}  // namespace
}  // namespace anyclaude
