// Conversations that pause leave the cells for RAM, and come back when their next request arrives.
//
// Attention takes time for all cells up to the highest one in use, whoever it belongs to. So the
// one in the highest cells leaves first; what comes back takes the lowest free ones. The one that
// was used last stays, unless less than half of the cells below it are in use.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "engine/embedded/cells.h"
#include "engine/embedded/job.h"
#include "engine/embedded/keeper.h"
#include "engine/embedded/sequences.h"

namespace anyclaude {

// Not thread-safe: belongs to the engine's thread.
class Pauses {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // All must outlive it. `pause`: how long a conversation may be idle in the cells.
  Pauses(Cells& cells, Sequences& sequences, const Keeper& keeper, std::chrono::milliseconds pause,
         Metrics& metrics);

  // Once in a `look_interval`, lets one conversation leave that has paused long enough and that RAM
  // holds entirely.
  static constexpr std::chrono::milliseconds look_interval{1000};
  void look(Instant now);

  // True while a conversation may have to leave soon, though nothing else happens.
  bool looks_again(Instant now) const { return now < busy_until_ + pause_ + look_interval * 64; }

  // A job that brings back what left of a conversation, once; null where it did not, or has come
  // back.
  std::shared_ptr<Job> job_to_bring_back(const std::string& conversation);

 private:
  Sequence* who_leaves(Instant now, const Cells::Usage& usage);
  void remember(const Sequence& sequence);

  Cells& cells_;
  Sequences& sequences_;
  const Keeper& keeper_;
  const std::chrono::milliseconds pause_;
  Instant next_look_;
  Instant busy_until_;       // when a conversation was last seen at work
  std::list<JobSpec> left_;  // newest first, one a conversation
  Counter& pauses_;
  GaugeShare used_cells_;
  GaugeShare cells_end_;
};

}  // namespace anyclaude
