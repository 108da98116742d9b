// Which tokens stand in which sequence of the cells, who works on them, and what of them a new
// prompt can use. Prefixes are looked for over all sequences, not just the conversation's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "engine/embedded/cells.h"
#include "engine/embedded/job.h"
#include "engine/embedded/tokeniser.h"

namespace anyclaude {

struct Sequence {
  SequenceId id = 0;
  bool busy = false;                    // a task works on it
  std::vector<Token> tokens;            // in the cells, from position 0
  std::vector<Checkpoint> checkpoints;  // ascending, only with needs_points()
  std::string conversation;             // who used it last
  Priority priority = Priority::main;
  uint64_t last_used = 0;  // a count of uses, not a time
  std::chrono::steady_clock::time_point idle_since;
  Fingerprint fingerprint;  // of the model and of those who may share this
  std::string note;         // first words, for people
  uint32_t kept = 0;        // tokens at the last look at what the cache lacks
};

uint32_t common_prefix(std::span<const Token> a, std::span<const Token> b);

// Not thread-safe: belongs to the engine's thread.
class Sequences {
 public:
  struct Options {
    uint32_t count = 0;
    uint64_t checkpoint_bytes_max = 0;
    // Tokens of a sequence are about to lose their cells, in which they still are.
    std::function<void(Sequence&)> before_loss;
  };
  Sequences(Cells& cells, const Options& options, Metrics& metrics);

  // The longest prefix of `tokens` that can be continued from; never all of them, because the last
  // token's logits are wanted.
  struct Match {
    Sequence* source = nullptr;
    uint32_t length = 0;
    std::optional<Checkpoint> checkpoint;  // what cannot be cut, where the live one does not reach
  };
  Match find(const Fingerprint& fingerprint, std::span<const Token> tokens);

  // A sequence for a task, holding what was found (nothing, if the match is empty). Takes over an
  // idle one or copies; throws out the idle sequence that was used longest ago when none is free.
  // Null: all are busy.
  bool all_busy() const;
  Sequence* acquire(const JobSpec& job, const Match& match);
  void release(Sequence& sequence);

  // Frees the cells of one idle sequence: background ones first, then the one used longest ago.
  bool evict_idle();
  void clear(Sequence& sequence);

  // Remembers what cannot be cut at the sequence's present end, if the memory has any such and
  // there is room.
  void save(Sequence& sequence, bool periodic);
  // The same with one that is known already.
  void add_checkpoint(Sequence& sequence, Checkpoint checkpoint);

  size_t idle_tokens() const;
  std::vector<Sequence>& all() { return sequences_; }

 private:
  uint32_t usable(const Sequence& sequence, uint32_t common, std::optional<Checkpoint>& checkpoint);
  Sequence* oldest_idle(const Sequence* keep);
  Sequence* free_sequence(const Sequence* keep);
  void evict(Sequence& sequence);
  void before_loss(Sequence& sequence);
  void assign(Sequence& sequence, const JobSpec& job);
  bool take_over(Sequence& sequence, const Match& match);
  bool copy_into(Sequence& target, const Match& match);
  uint64_t checkpoint_bytes() const;
  void make_room_for_checkpoint();

  Cells& cells_;
  Options options_;
  std::vector<Sequence> sequences_;
  uint64_t uses_ = 0;
  Counter& evictions_;
  Counter& rejected_;
  GaugeShare checkpoint_bytes_gauge_;
};

}  // namespace anyclaude
