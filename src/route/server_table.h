// The servers that requests may go to, and what is known of each: what it was sent, how long it
// takes, whether it fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent.h"
#include "base/sync.h"
#include "engine/backend.h"
#include "route/clock.h"
#include "route/decision.h"
#include "route/known_prompts.h"
#include "route/needs.h"

namespace anyclaude {

// How one is made.
struct RoutedServer {
  std::string mode;     // that it belongs to: "vllm"
  std::string name;     // the same; of several of a mode with a number: "vllm-2"
  std::string address;  // for people: of another server its URL, else what it computes with
  double weight = 1;    // among equals; 0: gets no new conversations
  bool last_resort = false;
  // Called once at most, when it is first needed.
  std::function<Result<std::unique_ptr<Backend>>()> open;
};

// Thread-safe. Servers are numbered as they were given.
class ServerTable {
 public:
  ServerTable(std::vector<RoutedServer> servers, RouteClock now_s);

  const RoutedServer& server(size_t number) const { return servers_[number]; }
  size_t size() const { return servers_.size(); }

  // Opens what is not open yet. Error where none of them can be: that of the first.
  Result<void> open(std::span<const size_t> numbers);
  // Null: not open.
  Backend* backend(size_t number) const;

  // As they are now, for a prompt of a conversation (empty: of none).
  std::vector<Candidate> candidates(std::span<const size_t> numbers, const PromptTrail& trail,
                                    const std::string& conversation);

  // A request is sent: from now on its server knows the prompt. Bytes of it that it knew before.
  uint64_t begin(size_t number, const PromptTrail& trail, const std::string& conversation);
  // It is over: answered, or not, or given up by the client.
  void answered(size_t number, const AnswerTimes& times);
  void failed(size_t number);
  void left(size_t number);

  uint32_t answer_tokens() const;  // of an answer, on the average

 private:
  struct State {
    std::unique_ptr<Backend> backend;  // stays where it is once it is there
    KnownPrompts known{known_steps_max};
    ServerCosts costs;
    uint32_t in_flight = 0;
    uint32_t failures = 0;  // since its last answer
    double failing_until_s = 0;
  };

  // Of each server: some hundred long conversations.
  static constexpr size_t known_steps_max = 1u << 15;

  const std::vector<RoutedServer> servers_;
  const RouteClock now_s_;
  Mutex opening_;  // held while a server is opened, which begins work and returns; before mutex_
  mutable Mutex mutex_;
  std::vector<State> states_ GUARDED_BY(mutex_);  // of each server
  // By conversation: who answered last.
  Recent<std::string, size_t> last_ GUARDED_BY(mutex_);
  double answer_tokens_ GUARDED_BY(mutex_) = 200;
};

}  // namespace anyclaude
