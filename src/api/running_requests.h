// What is being answered now, for /api/requests and for a server that leaves when nobody needs it;
// and what becomes of it at its end, for the history (api/request_history.h) and the savings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "api/request_history.h"
#include "api/savings.h"
#include "base/result.h"
#include "base/sync.h"
#include "protocol/activity_report.h"
#include "protocol/chat.h"

namespace anyclaude {

// Thread-safe.
class RunningRequests {
 public:
  using Clock = std::chrono::steady_clock;

  // Both must outlive it.
  RunningRequests(RequestHistory& history, Savings& savings);

  // One request's entry, from its acceptance to its end. Used by the thread that serves it.
  class Entry;

  RunningList list(Clock::time_point now) const;

  bool empty() const;
  // How long nothing has been running; zero while something is.
  std::chrono::seconds idle(Clock::time_point now) const;

 private:
  struct State {
    RequestNames names;
    Clock::time_point begin;
    std::optional<Clock::time_point> prefill_begin;
    std::optional<Clock::time_point> first_token;
    Waiting progress;
    uint32_t output_events = 0;
  };

  static RunningReport report(const State& state, Clock::time_point now);

  RequestHistory& history_;
  Savings& savings_;
  mutable Mutex mutex_;
  std::list<State> running_ GUARDED_BY(mutex_);
  Clock::time_point idle_since_ GUARDED_BY(mutex_);
};

class RunningRequests::Entry {
 public:
  Entry(RunningRequests& all, const Request& request);
  // Without an end before: the client has left.
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  // The prompt's length, as soon as it is known.
  void accepted(uint32_t prompt_tokens);
  // Who answers, and why; may change.
  void answered_by(std::string backend, std::string reason);
  void note(const Event& event);

  // Its end, the first that is told.
  void end(const Finish& finish);
  void fail(const Error& error);

 private:
  // What is known of it now.
  FinishedReport so_far() const;
  void keep(FinishedReport report);

  RunningRequests& all_;
  std::list<State>::iterator state_;
  bool ended_ = false;
};

}  // namespace anyclaude
