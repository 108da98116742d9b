#include "route/server_costs.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ServerCosts, LearnWhatNewBytesTake) {
  ServerCosts costs;
  costs.learn({.known_bytes = 0, .new_bytes = 100'000, .first_token_s = 30});
  EXPECT_NEAR(costs.prefill_s(0, 100'000), 30, 0.01);
  EXPECT_NEAR(costs.prefill_s(100'000, 0), 0, 0.01) << "taken to be in the cache";
}

TEST(ServerCosts, LearnThatACacheFindsNothing) {
  ServerCosts costs;
  costs.learn({.known_bytes = 0, .new_bytes = 100'000, .first_token_s = 30});
  costs.learn({.known_bytes = 100'000, .new_bytes = 500, .first_token_s = 30});
  EXPECT_NEAR(costs.prefill_s(100'000, 0), 30, 0.5);
}

TEST(ServerCosts, LearnThatACacheFindsAll) {
  ServerCosts costs;
  costs.learn({.known_bytes = 0, .new_bytes = 100'000, .first_token_s = 30});
  costs.learn({.known_bytes = 100'000, .new_bytes = 500, .first_token_s = 0.3});
  EXPECT_LT(costs.prefill_s(100'000, 500), 0.5);
  EXPECT_NEAR(costs.prefill_s(0, 100'000), 30, 0.5) << "that says nothing about new ones";
}

TEST(ServerCosts, FollowAServerThatBecomesSlower) {
  ServerCosts costs;
  for (int i = 0; i < 10; ++i) {
    costs.learn({.new_bytes = 100'000, .first_token_s = 1, .output_tokens = 11, .rest_s = 0.1});
  }
  EXPECT_NEAR(costs.token_s, 0.00909, 0.0001);
  for (int i = 0; i < 10; ++i) {
    costs.learn({.new_bytes = 100'000, .first_token_s = 5, .output_tokens = 11, .rest_s = 1});
  }
  EXPECT_GT(costs.prefill_s(0, 100'000), 4.5);
  EXPECT_GT(costs.first_token_s, 4.5);
  EXPECT_GT(costs.token_s, 0.08);
}

TEST(ServerCosts, TakeNoWaitOfASmallPromptForItsLength) {
  ServerCosts costs;
  costs.learn({.new_bytes = 10, .first_token_s = 1});
  EXPECT_LT(costs.prefill_s(0, 1'024), 1.01);
}

}  // namespace
}  // namespace anyclaude
