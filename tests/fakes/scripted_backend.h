// A Backend that plays a script, the same for every request, and records what it was asked.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "engine/backend.h"
#include "fakes/latch.h"

namespace anyclaude {

// False: the sink has refused.
using ScriptStep = std::function<bool(const EventSink&)>;

inline ScriptStep say(Event event) {
  return [event = std::move(event)](const EventSink& sink) { return sink(event); };
}

// Busy, as the contract of Generation wants it: the sink hears of it again and again.
inline ScriptStep busy_until(std::function<bool()> done,
                             Waiting waiting = {Waiting::Phase::prefill, 0, 0}) {
  return [done = std::move(done), waiting](const EventSink& sink) {
    while (!done()) {
      if (!sink(waiting)) return false;
      std::this_thread::yield();
    }
    return true;
  };
}

struct Script {
  uint32_t prompt_tokens = 10;
  std::vector<ScriptStep> steps;
  Finish finish;
  std::optional<Error> refusal;  // of start and of count_tokens
  std::optional<Error> failure;  // of run, after the steps
  bool passes_on = false;
};

class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(Script script = {}) : script_(std::move(script)) {}

  std::string name() const override { return "scripted"; }
  std::vector<ModelInfo> models() const override {
    return {{"local-a", "Model A", 8192, 1024}, {"own/b", "", 4096, 512}};
  }
  Readiness readiness() const override {
    const MutexLock lock(mutex_);
    return readiness_;
  }

  Abilities abilities() const override {
    Abilities abilities = Backend::abilities();
    abilities.passes_on = script_.passes_on;
    return abilities;
  }

  Result<std::unique_ptr<Generation>> start(Request request) override {
    const MutexLock lock(mutex_);
    requests_.push_back(std::move(request));
    if (script_.refusal) return std::unexpected(*script_.refusal);
    return std::make_unique<Play>(*this);
  }
  Result<uint32_t> count_tokens(const Request& request) override {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
    if (script_.refusal) return std::unexpected(*script_.refusal);
    return script_.prompt_tokens;
  }

  void set_readiness(Readiness readiness) {
    const MutexLock lock(mutex_);
    readiness_ = std::move(readiness);
  }
  std::vector<Request> requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }
  // Generations that ended because their sink refused.
  int cancelled() const { return cancelled_; }
  int destroyed() const { return destroyed_; }

 private:
  class Play final : public Generation {
   public:
    explicit Play(ScriptedBackend& backend) : backend_(backend) {}
    ~Play() override { ++backend_.destroyed_; }
    uint32_t prompt_tokens() const override { return backend_.script_.prompt_tokens; }
    Result<Finish> run(const EventSink& sink) override {
      for (const ScriptStep& step : backend_.script_.steps) {
        if (step(sink)) continue;
        ++backend_.cancelled_;
        return fail(Error::Kind::cancelled, "The client has left.");
      }
      if (backend_.script_.failure) return std::unexpected(*backend_.script_.failure);
      return backend_.script_.finish;
    }

   private:
    ScriptedBackend& backend_;
  };

  const Script script_;
  std::atomic<int> cancelled_ = 0;
  std::atomic<int> destroyed_ = 0;

  mutable Mutex mutex_;
  std::vector<Request> requests_ GUARDED_BY(mutex_);
  Readiness readiness_ GUARDED_BY(mutex_) = {
      .ready = true, .failed = false, .progress = 1, .what = ""};
};

}  // namespace anyclaude
