#include "api/running_requests.h"

#include <gtest/gtest.h>

#include <optional>

namespace anyclaude {
namespace {

Request a_request(const std::string& id) {
  Request request;
  request.model = "m";
  request.origin = {id, "session", "agent", "main"};
  return request;
}

TEST(RunningRequests, TellsWhatIsRunning) {
  RunningRequests running;
  EXPECT_EQ(running.encode(RunningRequests::Clock::now()), R"({"requests":[]})");
  {
    RunningRequests::Entry first(running, a_request("req_1"));
    RunningRequests::Entry second(running, a_request("req_2"));
    first.accepted(100);
    first.note(Waiting{Waiting::Phase::prefill, 40, 100});
    second.accepted(50);
    second.note(TextDelta{"a"});
    second.note(TextDelta{"b"});
    const std::string text = running.encode(RunningRequests::Clock::now());
    EXPECT_NE(text.find(R"({"id":"req_1","session":"session","agent":"agent","key":"main",)"
                        R"("model":"m","phase":"prefill","prompt_tokens":100,)"
                        R"("prompt_tokens_done":40,"output_tokens":0,"seconds":0.0)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("phase":"decode","prompt_tokens":50,"prompt_tokens_done":50,)"
                        R"("output_tokens":2)"),
              std::string::npos)
        << text;
  }
  EXPECT_EQ(running.encode(RunningRequests::Clock::now()), R"({"requests":[]})");
}

TEST(RunningRequests, KnowsHowLongItHasBeenIdle) {
  RunningRequests running;
  const auto later = RunningRequests::Clock::now() + std::chrono::seconds(100);
  EXPECT_GE(running.idle(later), std::chrono::seconds(99));
  std::optional<RunningRequests::Entry> entry(std::in_place, running, a_request("req_1"));
  EXPECT_EQ(running.idle(later), std::chrono::seconds(0));
  entry.reset();
  EXPECT_GE(running.idle(later), std::chrono::seconds(99));
}

}  // namespace
}  // namespace anyclaude
