// The tasks under way, and which of them is computed next. A prompt whose beginning another task
// is computing or restoring at this moment lets that one go first and shares what it has.
#pragma once

#include <chrono>
#include <list>

#include "engine/embedded/memory_kind.h"
#include "engine/embedded/schedule.h"
#include "engine/embedded/sequences.h"

namespace anyclaude {

// Not thread-safe: belongs to the engine's thread. A task stays at its address until it is removed.
class TaskQueue {
 public:
  // Both must outlive it.
  TaskQueue(Sequences& sequences, const Memory& memory) : sequences_(sequences), memory_(memory) {}

  bool empty() const { return tasks_.empty(); }
  std::list<Task>& all() { return tasks_; }

  void add(std::shared_ptr<Job> job, common_sampler_ptr sampler, Instant now);
  void remove_finished();  // those without a job

  // The task that should be computed now. Null: none can be.
  Task* most_urgent_prefill(Instant now);

  // The task other than `keep` that should lose its cells first. Null: none has any.
  Task* least_urgent(const Task* keep, Instant now);

  // A prompt is done: others that share its beginning have become shorter.
  void refresh_estimates();

  // Tells each job how far it is; returns how many tasks are in each phase.
  struct Phases {
    int64_t queued = 0;
    int64_t restoring = 0;
    int64_t prefilling = 0;
    int64_t decoding = 0;
  };
  Phases report();

 private:
  Task* computing_prefix_of(const Task& task);
  void note_branches(Task& task);
  void estimate(Task& task);

  Sequences& sequences_;
  const Memory& memory_;
  std::list<Task> tasks_;
};

}  // namespace anyclaude
