// The pieces of the cache in RAM and on the disk, within the limits of both: what is let in, what
// goes for it, and what follows from a loss.
//
//   - Room is made before a piece is let in, at the cost of what is needed less than it; else the
//     piece is refused. So no limit is ever exceeded, and a title pushes no conversation out.
//   - A piece is written to the disk only behind its parent, and leaves a tier before its parent.
//   - A piece that is in neither tier is gone, with all that is below it.
//
// Not thread-safe: the cache's lock guards it. Does no I/O; of the disk tier it only calls what
// does not wait (store, remove, used).
#pragma once

#include <cstdint>

#include "kv/cache_metrics.h"
#include "kv/disk_tier.h"
#include "kv/tree.h"

namespace anyclaude {

class PieceTiers {
 public:
  struct Limits {
    uint64_t ram_bytes_max = 0;
    uint64_t disk_bytes_max = 0;
    uint64_t pieces_max = 0;  // their heads are in RAM, wherever the bytes are
  };
  PieceTiers(Limits limits, CacheMetrics& metrics) : limits_(limits), metrics_(metrics) {}

  // Null: RAM alone.
  void set_disk(DiskTier* disk) { disk_ = disk; }

  PieceTree& tree() { return tree_; }
  const PieceTree& tree() const { return tree_; }

  // Keeps a piece that is not there yet, in RAM and on the disk as far as there is room. Null: in
  // neither.
  PieceNode* store(const HeadPtr& head, const Bytes& payload, KeepClass keep, int64_t now_us);
  // For the disk's snapshot; where the node is on the disk.
  void report_use(const PieceNode& node);

  // What was read of a piece that is not in RAM stays there if there is room.
  void promote(PieceNode& node, Bytes payload);

  // What the disk tells (DiskTier::Listener).
  void found(const PieceRecord& record, int64_t now_us);
  void lost(const PieceKey& key);

  void evict(PieceNode& node, Tier tier);  // out of the tier
  void drop(PieceNode& node);              // out of both, with all below it
  // As many as must go for the tier to hold no more.
  void shrink(Tier tier, uint64_t bytes_max);

 private:
  uint64_t bytes_max(Tier tier) const;
  bool make_room(Tier tier, uint64_t bytes, int64_t rank_us);
  bool make_room_for_node(int64_t rank_us);
  bool keep_in_ram(PieceNode& node, const Bytes& payload);
  bool keep_on_disk(PieceNode& node, const Bytes& payload);
  bool write(PieceNode& node, const Bytes& payload, int64_t rank_us);
  void update_gauges();

  const Limits limits_;
  CacheMetrics& metrics_;
  DiskTier* disk_ = nullptr;
  PieceTree tree_;
};

}  // namespace anyclaude
