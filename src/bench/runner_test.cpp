#include "bench/runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sync.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

// What all contenders of a test were asked, in order.
struct Log {
  Mutex mutex;
  std::vector<std::string> lines GUARDED_BY(mutex);

  void add(const std::string& line) {
    const MutexLock lock(mutex);
    lines.push_back(line);
  }
  std::vector<std::string> all() {
    const MutexLock lock(mutex);
    return lines;
  }
};

// Answers at once; a prompt has a token for each four bytes of its body. Fails its `fails_at`-th
// request and all after it.
class ScriptedContender final : public Contender {
 public:
  ScriptedContender(std::string name, Log& log, bool own) : own_(own), log_(log) {
    facts_.name = std::move(name);
    facts_.context_tokens = 100'000;
  }

  ContenderFacts facts() const override { return facts_; }
  Result<Measured> ask(const Conversation& conversation, const std::string& agent) override {
    const std::string body = request_body(BenchApi::messages, conversation, "m");
    log_.add(facts_.name + (agent.empty() ? "" : " " + agent));
    const MutexLock lock(mutex_);
    bodies_.push_back(body);
    if (fails_at > 0 && bodies_.size() >= fails_at) return fail(error_kind, "it is on fire");
    const auto tokens = static_cast<uint32_t>(body.size() / 4);
    return Measured{tokens / 10'000.0, tokens / 9'000.0, {tokens, 0}};
  }
  Result<uint32_t> count(const Conversation& conversation) override {
    if (!counts) return fail(Error::Kind::not_found, "it does not count");
    return static_cast<uint32_t>(request_body(BenchApi::messages, conversation, "m").size() / 4);
  }
  Result<void> settle() override {
    log_.add(facts_.name + " settles");
    return {};
  }
  bool restarts() const override { return own_; }
  Result<void> restart() override {
    log_.add(facts_.name + " restarts");
    return {};
  }
  std::vector<std::string> bodies() {
    const MutexLock lock(mutex_);
    return bodies_;
  }

  bool counts = true;
  size_t fails_at = 0;  // 0: never
  Error::Kind error_kind = Error::Kind::upstream;

 private:
  const bool own_;
  Log& log_;
  ContenderFacts facts_;
  Mutex mutex_;
  std::vector<std::string> bodies_ GUARDED_BY(mutex_);
};

class RunnerTest : public testing::Test {
 protected:
  BenchRecord run() {
    BenchOptions options;
    options.plan = {.rounds = 2, .prompt_tokens = 2'000};
    options.seconds_max = seconds_max_;
    options.elapsed_s = [this] { return elapsed_s_; };
    options.progress = [this](const std::string&, double fraction) {
      EXPECT_GE(fraction, 0);
      EXPECT_LE(fraction, 1);
      shown_ = fraction;
    };
    return run_bench({&own_, &rival_}, options);
  }
  static size_t count(const BenchRecord& record, size_t server, Scenario scenario) {
    return static_cast<size_t>(
        std::ranges::count_if(record.requests, [&](const MeasuredRequest& request) {
          return request.server == server && request.scenario == scenario;
        }));
  }
  bool notes_say(const BenchRecord& record, const std::string& words) {
    return std::ranges::any_of(record.notes, [&](const std::string& note) {
      return note.find(words) != std::string::npos;
    });
  }

  Log log_;
  ScriptedContender own_{"own", log_, true};
  ScriptedContender rival_{"rival", log_, false};
  double shown_ = 0;
  double seconds_max_ = 1e6;
  double elapsed_s_ = 0;
};

constexpr size_t warming = 2;  // requests of each

TEST_F(RunnerTest, AsksAllOfEverybody) {
  const BenchRecord record = run();
  for (const size_t server : {0u, 1u}) {
    EXPECT_EQ(count(record, server, Scenario::session), 2 * session_queries);
    EXPECT_EQ(count(record, server, Scenario::other_repository), 2u);
    EXPECT_EQ(count(record, server, Scenario::agents), 2 * agents_at_once);
  }
  EXPECT_EQ(count(record, 0, Scenario::restart), 2u);
  EXPECT_EQ(count(record, 1, Scenario::restart), 0u) << "it is not ours to end";
  EXPECT_FALSE(record.interrupted);
  EXPECT_FALSE(record.own_failed);
  EXPECT_GT(shown_, 0.9);
}

TEST_F(RunnerTest, AsksEverybodyTheSame) {
  run();
  const auto own = own_.bodies();
  const auto rivals = rival_.bodies();
  const std::multiset<std::string> asked(own.begin(), own.end());
  for (const std::string& body : rivals) EXPECT_TRUE(asked.contains(body));
  EXPECT_EQ(own.size(), rivals.size() + 2) << "a restart a round";
  EXPECT_EQ(std::set(own.begin(), own.end()).size(), own.size()) << "nothing twice";
}

TEST_F(RunnerTest, HasPromptsOfTheLengthThatIsAskedFor) {
  for (const MeasuredRequest& request : run().requests) {
    if (request.scenario != Scenario::session || request.number != 1) continue;
    EXPECT_NEAR(*request.measured.tokens.prompt, 2'000, 20);
  }
  own_.counts = false;
  for (const MeasuredRequest& request : run().requests) {
    if (request.scenario != Scenario::session || request.number != 1) continue;
    EXPECT_NEAR(*request.measured.tokens.prompt, 2'000, 1'000);
  }
}

TEST_F(RunnerTest, LeavesRoundsOutWhenTheyTakeLongerThanExpected) {
  elapsed_s_ = 600'000;  // after the first
  const BenchRecord record = run();
  EXPECT_EQ(record.plan.rounds, 1u);
  EXPECT_EQ(count(record, 0, Scenario::session), session_queries);
  EXPECT_TRUE(notes_say(record, "1 of 2 rounds: each took 600000 s"));
}

TEST_F(RunnerTest, AsksInTurns) {
  run();
  std::vector<std::string> queries;
  for (const std::string& line : log_.all()) {
    if (line == "own" || line == "rival") queries.push_back(line);
  }
  const std::vector<std::string> begin = {"own", "own",   "rival", "rival",  // warming up
                                          "own", "rival", "rival", "own",   "own", "rival"};
  // The first two of a step come as A B or B A, the next step's the other way round.
  queries.resize(begin.size());
  EXPECT_EQ(queries, begin);
}

TEST_F(RunnerTest, LetsEachSettleBeforeTheNextAndRestartsLast) {
  run();
  const auto lines = log_.all();
  for (size_t at = 2 * warming; at + 1 < lines.size(); ++at) {
    if (lines[at] != "own") continue;
    EXPECT_EQ(lines[at + 1], "own settles");
  }
  EXPECT_EQ(lines.end()[-3], "own restarts");
}

TEST_F(RunnerTest, GoesOnWithoutARivalThatFails) {
  rival_.fails_at = warming + 4;
  const BenchRecord record = run();
  EXPECT_EQ(count(record, 1, Scenario::session), 3u) << "what it has measured stays";
  EXPECT_EQ(count(record, 0, Scenario::session), 2 * session_queries);
  EXPECT_TRUE(notes_say(record, "rival left the bench in round 1 (query 4 of 10): it is on fire"));
  EXPECT_EQ(rival_.bodies().size(), warming + 4) << "it is not asked again";
  EXPECT_FALSE(record.own_failed);
}

TEST_F(RunnerTest, GoesOnWithoutOneThatFailsAtOnceOrAmongAgents) {
  own_.fails_at = warming + session_queries + 2 + 3;  // its third agent
  rival_.fails_at = 1;
  const BenchRecord record = run();
  EXPECT_TRUE(record.own_failed);
  EXPECT_TRUE(notes_say(record, "rival left the bench while it was warmed up"));
  EXPECT_EQ(count(record, 0, Scenario::agents), 3u);
  EXPECT_EQ(count(record, 0, Scenario::restart), 0u);
}

TEST_F(RunnerTest, KeepsWhatItHasWhenInterrupted) {
  own_.fails_at = warming + 5;
  own_.error_kind = Error::Kind::cancelled;
  const BenchRecord record = run();
  EXPECT_TRUE(record.interrupted);
  EXPECT_EQ(count(record, 0, Scenario::session), 4u);
  EXPECT_FALSE(notes_say(record, "left the bench"));
  EXPECT_LE(rival_.bodies().size(), warming + 5) << "nobody is asked any more";
}

}  // namespace
}  // namespace anyclaude
