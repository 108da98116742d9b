#include "api/running_requests.h"

#include <gtest/gtest.h>

#include <optional>

namespace anyclaude {
namespace {

using Clock = RunningRequests::Clock;

class RunningRequestsTest : public testing::Test {
 protected:
  static Request request(const std::string& id) {
    Request request;
    request.model = "m";
    request.origin = {id, "session", "agent", "main"};
    return request;
  }
  RunningReport only() const {
    const RunningList list = running_.list(Clock::now());
    EXPECT_EQ(list.requests.size(), 1u);
    return list.requests.empty() ? RunningReport() : list.requests.front();
  }
  FinishedReport last() const {
    const FinishedList list = history_.before(UINT64_MAX, 1);
    EXPECT_EQ(list.requests.size(), 1u);
    return list.requests.empty() ? FinishedReport() : list.requests.front();
  }

  RequestHistory history_;
  Savings savings_;
  RunningRequests running_{history_, savings_};
};

TEST_F(RunningRequestsTest, TellsWhatIsRunning) {
  EXPECT_EQ(encode(running_.list(Clock::now())), R"({"requests":[]})");
  {
    RunningRequests::Entry entry(running_, request("req_1"));
    entry.accepted(100);
    entry.answered_by("vllm", "the quickest");
    entry.note(Waiting{});
    EXPECT_EQ(only().phase, "queued");
    EXPECT_EQ(only().prompt_tokens, 100u);
    entry.note(Waiting{Waiting::Phase::prefill, 40, 100, 30});
    const RunningReport report = only();
    EXPECT_EQ(report.names.id, "req_1");
    EXPECT_EQ(report.names.session, "session");
    EXPECT_EQ(report.names.agent, "agent");
    EXPECT_EQ(report.names.key, "main");
    EXPECT_EQ(report.names.model, "m");
    EXPECT_EQ(report.names.backend, "vllm");
    EXPECT_EQ(report.names.reason, "the quickest");
    EXPECT_EQ(report.phase, "prefill");
    EXPECT_EQ(report.prompt_tokens_done, 40u);
    EXPECT_EQ(report.prompt_tokens_reused, 30u);
    entry.note(TextDelta{"a"});
    entry.note(TextDelta{"b"});
    EXPECT_EQ(only().phase, "decode");
    EXPECT_EQ(only().prompt_tokens_done, 100u);
    EXPECT_EQ(only().output_tokens, 2u);
  }
  EXPECT_EQ(encode(running_.list(Clock::now())), R"({"requests":[]})");
}

TEST_F(RunningRequestsTest, TellsHowLongThePromptWillTake) {
  RunningRequests::Entry entry(running_, request("req_1"));
  const auto begin = Clock::now();
  entry.note(Waiting{Waiting::Phase::prefill, 30, 100, 30});
  // Of what is reused nothing can be told, and of one token next to nothing.
  EXPECT_FALSE(running_.list(begin + std::chrono::seconds(7)).requests.front().eta_s);
  entry.note(Waiting{Waiting::Phase::prefill, 31, 100, 30});
  EXPECT_FALSE(running_.list(begin + std::chrono::seconds(7)).requests.front().eta_s);
  entry.note(Waiting{Waiting::Phase::prefill, 65, 100, 30});
  const auto eta_s = running_.list(begin + std::chrono::seconds(7)).requests.front().eta_s;
  ASSERT_TRUE(eta_s);
  EXPECT_NEAR(*eta_s, 7.0, 1.0);  // 35 tokens took 7 s, and 35 are left
}

TEST_F(RunningRequestsTest, TellsWhatBecameOfIt) {
  {
    RunningRequests::Entry entry(running_, request("req_1"));
    entry.accepted(100);
    entry.note(TextDelta{"a"});
    Finish finish{.reason = StopReason::tool_use, .usage = {100, 90, 7}};
    finish.prompt = PromptAccount{60, 20, 15, 5, "context", "context, line 3"};
    entry.end(finish);
  }
  FinishedReport report = last();
  EXPECT_EQ(report.number, 1u);
  EXPECT_EQ(report.stop, "tool_use");
  EXPECT_EQ(report.prompt_tokens_reused, 90u);
  EXPECT_EQ(report.output_tokens, 7u);
  ASSERT_TRUE(report.sections);
  EXPECT_EQ(report.sections->instructions, 20u);
  EXPECT_EQ(report.why, "context");
  EXPECT_EQ(report.new_from, "context, line 3");
  {
    RunningRequests::Entry entry(running_, request("req_2"));
    entry.fail({Error::Kind::upstream, "It is gone."});
  }
  report = last();
  EXPECT_EQ(report.stop, "failed");
  EXPECT_EQ(report.error, "It is gone.");
  {
    RunningRequests::Entry entry(running_, request("req_3"));
  }
  report = last();
  EXPECT_EQ(report.number, 3u);
  EXPECT_EQ(report.stop, "cancelled");
}

TEST_F(RunningRequestsTest, KnowsHowLongItHasBeenIdle) {
  const auto later = Clock::now() + std::chrono::seconds(100);
  EXPECT_GE(running_.idle(later), std::chrono::seconds(99));
  std::optional<RunningRequests::Entry> entry(std::in_place, running_, request("req_1"));
  EXPECT_EQ(running_.idle(later), std::chrono::seconds(0));
  entry.reset();
  EXPECT_GE(running_.idle(later), std::chrono::seconds(99));
}

}  // namespace
}  // namespace anyclaude
