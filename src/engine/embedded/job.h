// One request on its way through the engine: made by a caller's thread, worked on by the engine's,
// its tokens handed back through a small mailbox.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/sync.h"
#include "common.h"
#include "engine/embedded/tokeniser.h"
#include "kv/block.h"
#include "protocol/chat.h"

namespace anyclaude {

// Smaller is served first. Waiting makes all but `idle` more urgent.
enum class Priority { main = 0, agent = 1, background = 2, idle = 3 };

struct JobSpec {
  std::string conversation;  // session and agent: requests that follow each other
  Fingerprint fingerprint;   // of the model and of those who may share what is computed
  std::string note;          // the conversation's first words, for people
  Priority priority = Priority::main;
  std::vector<Token> prompt;
  std::vector<uint32_t> save_points;  // ascending
  common_params_sampling sampling;
  std::vector<Token> forced;  // the answer begins with these
  uint32_t output_tokens_max = 0;
  bool restore_only = false;  // nothing is computed: what the cache has of it comes into the cells
  // For measurements: sees, on the engine's thread, the logits that the answer's first token is
  // sampled from. [vocabulary]
  std::function<void(std::span<const float>)> first_logits;
};

class Job {
 public:
  enum class End { running, end_of_generation, output_full, cancelled, failed };

  // What the caller sees at one look.
  struct View {
    std::vector<Token> tokens;  // new since the last look
    Waiting progress;
    End end = End::running;
    std::string error;  // with End::failed
    uint32_t prompt_tokens_cached = 0;
  };

  explicit Job(JobSpec job_spec) : spec(std::move(job_spec)) {}

  const JobSpec spec;

  // ---- The caller's side ----
  // Waits for something new, at most `time`.
  View look(std::chrono::milliseconds time);
  // The engine stops working on it before its next chunk; what was computed stays in the cells.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  // ---- The engine's side ----
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void report(Waiting progress);
  void report_cached(uint32_t tokens);
  void push(Token token);
  void finish(End end, std::string error = {});

 private:
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  CondVar changed_;
  View view_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
