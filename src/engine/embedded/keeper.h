// Carries what conversations have computed between the cells and the cache over RAM and disk
// (kv/cache.h): out of the cells while the engine has nothing better to do, back into them when a
// prompt wants more than they hold.
//
// Works in small steps, so that the engine is never away for long; nothing here waits for the disk.
// Not thread-safe: belongs to the engine's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "engine/embedded/cells.h"
#include "engine/embedded/sequences.h"
#include "kv/cache.h"

namespace anyclaude {

// A prefix on its way from the cache into a sequence.
struct Restore {
  uint32_t from = 0;    // tokens that the sequence had in the cells already
  uint32_t length = 0;  // that it will have
  std::unique_ptr<PrefixLoad> load;
  std::vector<Cells::Range> ranges;        // taken from the load, not in the cells yet
  std::optional<PrefixLoad::Piece> point;  // the same, of the prefix's end
};

class Keeper {
 public:
  // `cache` null: nothing is kept beyond the cells. All must outlive it.
  Keeper(Cells& cells, Sequences& sequences, KvCache* cache, Metrics& metrics);

  // ---- Out of the cells ----

  // Stores the next piece of what the cache lacks of a sequence, at most a block. False: nothing
  // is left, or the cache takes no more. A busy sequence's last tokens, which do not fill a block
  // yet, are left alone.
  bool store_next(Sequence& sequence);

  // The same of any sequence; idle ones first, for they may lose their cells.
  bool store_some();

  // True when all of a sequence could be put back as it is, its ranges without reading the disk.
  bool in_ram(const Sequence& sequence) const;

  // ---- Back ----

  // The longest prefix of `tokens` that the cache can give; never all of them, because the last
  // token's logits are wanted.
  struct Offer {
    uint32_t length = 0;  // 0: none
    uint32_t point = 0;   // the position of the point that belongs to it; 0: none is needed
    std::shared_ptr<FoundPrefix> prefix;
  };
  Offer offer(const Fingerprint& fingerprint, std::span<const Token> tokens) const;

  // Begins to fill a sequence that holds the first tokens of the offer already, or none. `arrived`
  // is called on another thread whenever `restore` has something to do.
  std::unique_ptr<Restore> begin(const Offer& offer, const Sequence& sequence,
                                 std::function<void()> arrived);

  // Puts what has arrived into the cells; `tokens` are the prompt's. `out_of_cells`: room must be
  // made before it is called again, or `finish` called. `done`: the sequence holds as much as could
  // be had, which after a failure may be nothing.
  enum class Progress { waiting, out_of_cells, done };
  Progress restore(Restore& restore, Sequence& sequence, std::span<const Token> tokens);

  // Ends it early, or at its end: leaves the sequence with what can be continued from of what was
  // restored.
  void finish(const Restore& restore, Sequence& sequence);

 private:
  bool store_range(Sequence& sequence, uint32_t begin);
  bool store_point(Sequence& sequence, const std::vector<uint32_t>& stored);
  bool take(Restore& restore, const Sequence& sequence, std::span<const Token> tokens);
  Cells::Restored put_back(Restore& restore, Sequence& sequence, std::span<const Token> tokens);
  Cells::Restored put_back_point(Restore& restore, Sequence& sequence);

  Cells& cells_;
  Sequences& sequences_;
  KvCache* cache_;
  Counter& restored_tokens_;
  Counter& failures_;
};

}  // namespace anyclaude
