// What is being answered now: for /api/requests, and for a server that leaves when nobody needs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

#include "base/sync.h"
#include "protocol/chat.h"

namespace anyclaude {

// Thread-safe.
class RunningRequests {
 public:
  using Clock = std::chrono::steady_clock;

  RunningRequests();

  // One request's entry, from its acceptance to its end. Used by the thread that serves it.
  class Entry;

  // {"requests":[{"id":...,"phase":"prefill","prompt_tokens":...}, ...]}, the oldest first.
  std::string encode(Clock::time_point now) const;

  bool empty() const;
  // How long nothing has been running; zero while something is.
  std::chrono::seconds idle(Clock::time_point now) const;

 private:
  struct State {
    Origin origin;
    std::string model;
    Clock::time_point begin;
    Waiting progress;
    uint32_t output_events = 0;
  };

  mutable Mutex mutex_;
  std::list<State> running_ GUARDED_BY(mutex_);
  Clock::time_point idle_since_ GUARDED_BY(mutex_);
};

class RunningRequests::Entry {
 public:
  Entry(RunningRequests& all, const Request& request);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  // The prompt's length, as soon as it is known.
  void accepted(uint32_t prompt_tokens);
  void note(const Event& event);

 private:
  RunningRequests& all_;
  std::list<State>::iterator state_;
};

}  // namespace anyclaude
