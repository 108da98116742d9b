#include "route/decision.h"

#include <gtest/gtest.h>

#include <map>

namespace anyclaude {
namespace {

constexpr uint64_t prompt_bytes = 100'000;

// A server that was measured: seconds for a prompt of 100,000 bytes, new and known.
Candidate server(const std::string& name, double new_s, double known_s) {
  Candidate candidate;
  candidate.mode = name.substr(0, name.find('-'));
  candidate.name = name;
  candidate.costs.new_byte_s = new_s / prompt_bytes;
  candidate.costs.known_byte_s = known_s / prompt_bytes;
  candidate.costs.token_s = 0.01;
  candidate.costs.first_token_s = new_s;
  candidate.costs.answers = 5;
  candidate.context_tokens = 200'000;
  return candidate;
}

DecisionInput prompt(uint64_t head_hash = 1) {
  DecisionInput input;
  input.prompt_bytes = prompt_bytes;
  input.head_hash = head_hash;
  input.answer_tokens = 100;
  return input;
}

std::string best(const DecisionInput& input, const std::vector<Candidate>& candidates,
                 const std::vector<RouteRule>& rules = {}) {
  return candidates[decide(input, candidates, rules).order.front()].name;
}

TEST(Decision, TakesTheServerThatHasThePrompt) {
  std::vector<Candidate> servers = {server("slow", 30, 0.3), server("quick", 10, 10)};
  EXPECT_EQ(best(prompt(), servers), "quick");
  servers[0].known_bytes = prompt_bytes - 500;
  EXPECT_EQ(best(prompt(), servers), "slow");
}

TEST(Decision, KnowsThatACacheWhichFindsNothingIsNone) {
  std::vector<Candidate> servers = {server("forgets", 30, 30), server("other", 20, 0.3)};
  servers[0].known_bytes = prompt_bytes;
  EXPECT_EQ(best(prompt(), servers), "other");
}

TEST(Decision, LeavesAConversationWhereItIsUnlessTheGainIsLarge) {
  std::vector<Candidate> servers = {server("a", 5, 5), server("b", 4.5, 4.5)};
  EXPECT_EQ(best(prompt(), servers), "b");
  servers[0].is_last = true;
  EXPECT_EQ(best(prompt(), servers), "a");
  servers[0].in_flight = 4;  // each takes five seconds
  EXPECT_EQ(best(prompt(), servers), "b");
}

TEST(Decision, WaitsForNobodyWhereItNeedNot) {
  std::vector<Candidate> servers = {server("a", 3, 3), server("b", 4, 4)};
  servers[0].in_flight = 1;
  EXPECT_EQ(best(prompt(), servers), "b");
}

TEST(Decision, AsksNobodyWhoCannotAnswer) {
  std::vector<Candidate> servers = {server("blind", 1, 1), server("sees", 9, 9)};
  servers[1].images = true;
  DecisionInput input = prompt();
  input.needs.images = true;
  const Decision decision = decide(input, servers, {});
  EXPECT_EQ(decision.order.front(), 1u);
  EXPECT_NE(decision.reason.find("blind does not see images"), std::string::npos)
      << decision.reason;

  servers[1].images = false;
  servers[0].context_tokens = 8'192;
  EXPECT_EQ(best(prompt(), servers), "sees") << "the other takes no prompt as long";
  servers[0].context_tokens = 200'000;
  servers[0].ready = false;
  EXPECT_EQ(best(prompt(), servers), "sees");
  servers[0].ready = true;
  servers[0].failing = true;
  EXPECT_EQ(best(prompt(), servers), "sees");
}

TEST(Decision, SearchesTheWebWhereThatCanBe) {
  std::vector<Candidate> servers = {server("near", 1, 1), server("far", 9, 9)};
  servers[1].searches = true;
  EXPECT_EQ(best(prompt(), servers), "near");
  DecisionInput input = prompt();
  input.needs.search = true;
  EXPECT_EQ(best(input, servers), "far");
}

TEST(Decision, SaysWhatTheModeOfTheUserLacks) {
  std::vector<Candidate> servers = {server("blind", 1, 1)};
  DecisionInput input = prompt();
  input.chosen_by_user = true;
  input.needs.images = true;
  const Decision decision = decide(input, servers, {});
  ASSERT_EQ(decision.order.size(), 1u);
  EXPECT_EQ(decision.reason, "the mode; about 2.0 s, 0 % known; it does not see images");
}

TEST(Decision, PrefersToolsOfTheServersOwnWhereTheyAreUsed) {
  std::vector<Candidate> servers = {server("told", 4, 4), server("native", 4.9, 4.9)};
  servers[0].tools = false;
  DecisionInput input = prompt();
  EXPECT_EQ(best(input, servers), "told") << "no tool is needed";
  input.needs.edits = true;
  EXPECT_EQ(best(input, servers), "native");
  servers[1] = server("native", 30, 30);
  EXPECT_EQ(best(input, servers), "told") << "not at any price";
}

TEST(Decision, FollowsTheRules) {
  std::vector<Candidate> servers = {server("a", 1, 1), server("b", 9, 9)};
  const std::vector<RouteRule> rules = {{RouteRule::When::background, "b"},
                                        {RouteRule::When::images, "b"}};
  DecisionInput input = prompt();
  EXPECT_EQ(best(input, servers, rules), "a");
  input.needs.background = true;
  const Decision decision = decide(input, servers, rules);
  EXPECT_EQ(decision.order, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(decision.reason, "rule background=b");
  input.needs = {.images = true};
  servers[0].images = true;
  EXPECT_EQ(best(input, servers, rules), "a") << "a rule cannot make a server see";
  servers[1].ready = false;
  input.needs = {.background = true};
  EXPECT_EQ(best(input, servers, rules), "a") << "nor be there";
}

TEST(Decision, UsesTheLastResortLast) {
  std::vector<Candidate> servers = {server("embedded", 1, 1), server("other", 60, 60)};
  servers[0].last_resort = true;
  EXPECT_EQ(best(prompt(), servers), "other");
  servers[1].ready = false;
  EXPECT_EQ(best(prompt(), servers), "embedded");
}

TEST(Decision, SpreadsHeadsOverEqualServersByTheirWeight) {
  std::vector<Candidate> servers = {server("vllm-1", 1, 1), server("vllm-2", 1, 1),
                                    server("vllm-3", 1, 1)};
  servers[2].weight = 2;
  std::map<std::string, int> shares;
  std::vector<std::string> before;
  constexpr int heads = 2'000;
  for (uint64_t head = 1; head <= heads; ++head) {
    before.push_back(best(prompt(head * 0x9e3779b97f4a7c15u), servers));
    ++shares[before.back()];
  }
  EXPECT_NEAR(shares["vllm-1"], heads / 4, heads / 20);
  EXPECT_NEAR(shares["vllm-2"], heads / 4, heads / 20);
  EXPECT_NEAR(shares["vllm-3"], heads / 2, heads / 20);

  // What goes away moves its own heads only.
  servers[1].ready = false;
  for (uint64_t head = 1; head <= heads; ++head) {
    if (before[head - 1] == "vllm-2") continue;
    EXPECT_EQ(best(prompt(head * 0x9e3779b97f4a7c15u), servers), before[head - 1]);
  }
}

TEST(Decision, PrefersWhatIsKnownAmongEqualServers) {
  std::vector<Candidate> servers = {server("vllm-1", 0.1, 0.1), server("vllm-2", 0.1, 0.1)};
  for (uint64_t head = 1; head < 20; ++head) {
    servers[0].known_bytes = 0;
    servers[1].known_bytes = prompt_bytes / 2;
    EXPECT_EQ(best(prompt(head), servers), "vllm-2");
    servers[0].known_bytes = prompt_bytes;
    EXPECT_EQ(best(prompt(head), servers), "vllm-1");
  }
}

TEST(Decision, LetsAServerDrain) {
  std::vector<Candidate> servers = {server("vllm-1", 1, 1), server("vllm-2", 1, 1)};
  servers[0].weight = 0;
  for (uint64_t head = 1; head < 50; ++head) EXPECT_EQ(best(prompt(head), servers), "vllm-2");
  servers[0].is_last = true;
  EXPECT_EQ(best(prompt(), servers), "vllm-1") << "its conversations end there";
}

TEST(Decision, TriesAServerThatNobodyHasMeasured) {
  std::vector<Candidate> servers = {server("known", 30, 0.3), server("new", 0, 0)};
  servers[1].costs = {};
  EXPECT_EQ(best(prompt(), servers), "new");
  servers[0].known_bytes = prompt_bytes - 1'000;
  EXPECT_EQ(best(prompt(), servers), "known") << "not with a prompt that lies elsewhere";
}

TEST(Decision, HasNothingToSayOfNobody) { EXPECT_TRUE(decide(prompt(), {}, {}).order.empty()); }

TEST(RouteRule, IsAKindAndAMode) {
  const auto rule = parse_route_rule("images=vllm");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->when, RouteRule::When::images);
  EXPECT_EQ(rule->mode, "vllm");
  for (const char* wrong : {"images", "pictures=vllm", "", "=vllm"}) {
    EXPECT_FALSE(parse_route_rule(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace anyclaude
