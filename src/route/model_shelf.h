// The models of this machine: the one that a request names answers it, and is loaded first where it
// is not. The first of them answers whatever names none.
//
// One model is loaded at a time, in the order in which requests came for them. Where memory does
// not suffice, the one that nobody has used for longest leaves; while all are in use, what came for
// another waits, and so does everything that came after it. What was computed with a model that
// left is still in the cache when it comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "engine/backend.h"
#include "route/clock.h"

namespace anyclaude {

struct ShelvedModel {
  std::string name;    // requests may call it so, beside info.id
  ModelInfo info;      // as far as it is known before the model is loaded
  uint64_t bytes = 0;  // of its weights
  // Begins to load it and returns. `others`: bytes of the weights that are loaded already. Called
  // on the shelf's thread.
  std::function<Result<std::unique_ptr<Backend>>(uint64_t others)> open;
};

struct ShelfOptions {
  std::vector<ShelvedModel> models;  // at least one; the first is loaded at once
  std::string small_model;           // a name: answers who asks for a haiku; empty: none
  double idle_max_s = 0;             // a model that long unused leaves; 0: it stays
  // Memory for further weights while `loaded` bytes of them are there. Unset: always enough.
  std::function<uint64_t(uint64_t loaded)> room_bytes;
  RouteClock now_s;  // unset: the steady clock
};

// Thread-safe. Generations must not outlive it.
class ModelShelf final : public Backend {
 public:
  ModelShelf(ShelfOptions options, Metrics& metrics);
  ~ModelShelf() override;  // unloads everything

  std::string name() const override { return "embedded"; }
  // All of them, loaded or not, the first one first; none before that is loaded.
  std::vector<ModelInfo> models() const override;
  // Of the first model until it was loaded once; from then on a request can always be answered.
  Readiness readiness() const override;
  // Of the first model.
  Abilities abilities() const override;
  // Of the models that are loaded.
  Report report() const override;

  // Where its model has to be loaded first, `run` waits for it, then tells what `start` of the
  // model refuses; until then prompt_tokens is 0. Error::overloaded after ten minutes.
  Result<std::unique_ptr<Generation>> start(Request request) override;
  // Waits for the model, for 20 seconds at most.
  Result<uint32_t> count_tokens(const Request& request) override;

 private:
  class Answer;
  using Ticket = uint64_t;  // requests are numbered as they come
  static constexpr Ticket no_ticket = std::numeric_limits<Ticket>::max();

  struct Place {
    std::unique_ptr<Backend> backend;  // null: neither loaded nor being loaded
    bool loaded = false;
    uint32_t users = 0;        // requests that it answers
    std::set<Ticket> waiting;  // requests that wait for it
    double used_s = 0;         // when it was needed last
    ModelInfo info;            // as last known
    Abilities abilities;
    std::optional<Error> failure;  // of its last load
    Ticket failed_before = 0;      // requests that came earlier have it
    double failed_s = 0;
  };

  // What the shelf's thread does next, without holding the lock.
  struct Work {
    std::optional<size_t> open;
    uint64_t others = 0;               // of the weights that are loaded
    std::unique_ptr<Backend> leaving;  // ends here
    bool none() const { return !open && !leaving; }
  };

  size_t number_of(const std::string& model) const;
  const std::string& id_of(size_t number) const { return options_.models[number].info.id; }

  struct Entered {
    Ticket ticket;
    std::optional<Result<Backend*>> taken;
  };
  Entered enter(size_t number);
  // `go_on` is asked four times a second; false: Error::cancelled. Ends with a use of the model.
  Result<Backend*> wait_for(size_t number, Ticket ticket, double time_max_s,
                            const std::function<bool()>& go_on);
  std::optional<Result<Backend*>> take(size_t number, Ticket ticket) REQUIRES(mutex_);
  void give_back(size_t number);
  void leave(size_t number, Ticket ticket);

  void keep();
  void wait_for_work() REQUIRES(mutex_);
  Work next_work() REQUIRES(mutex_);
  Work watch_loading(size_t number) REQUIRES(mutex_);
  Work make_way(size_t wanted, Ticket ticket) REQUIRES(mutex_);
  Work unload(size_t number, const std::string& why) REQUIRES(mutex_);
  std::optional<size_t> idle_for_too_long() const REQUIRES(mutex_);
  std::optional<size_t> most_wanted() const REQUIRES(mutex_);
  bool has_room(size_t number) const REQUIRES(mutex_);
  uint64_t loaded_bytes() const REQUIRES(mutex_);
  void failed(size_t number, Error error) REQUIRES(mutex_);
  void opened(size_t number, Result<std::unique_ptr<Backend>> backend);

  const ShelfOptions options_;
  Counter& loads_;
  Counter& left_idle_;
  Counter& left_for_others_;
  Gauge& loaded_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<Place> places_ GUARDED_BY(mutex_);  // by model
  std::optional<size_t> loading_ GUARDED_BY(mutex_);
  Ticket next_ticket_ GUARDED_BY(mutex_) = 1;
  Ticket blocked_ GUARDED_BY(mutex_) = no_ticket;  // it waits for room; what came later waits too
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread keeper_;  // last: it uses the rest
};

}  // namespace anyclaude
