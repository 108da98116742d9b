// One walk over the folder of the disk tier, in small steps between which the tier writes: compares
// names and sizes with the ledger, reads the heads of unknown files that no index knows either, and
// says what is gone. The writer also deletes what is good for nothing: temporary files, files of
// other versions, wrong files, pieces without parents. Belongs to the tier's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kv/disk_folder.h"
#include "kv/disk_ledger.h"
#include "kv/disk_metrics.h"

namespace anyclaude {

class DiskPass {
 public:
  struct Listener {
    std::function<void(const PieceRecord&)> found;
    std::function<void(const PieceRecord&)> lost;
  };

  DiskPass(DiskFolder& folder, DiskLedger& ledger, DiskMetrics& metrics, Listener listener);

  void start(bool may_delete);
  void list_first();  // of what `step` would do, the first folder's names

  // What an index says of the folder, parents before children; before the first step. Known are the
  // pieces whose files the pass sees, when it has seen all.
  void expect(std::vector<PieceRecord> indexed);
  bool expects() const { return !indexed_.empty(); }
  bool active() const { return active_; }
  void step();  // the last one ends it

  // A file that is not to be found again: deleted, or left alone where that is another's to do.
  void discard(const Fingerprint& fingerprint, const PieceName& name, bool may_delete);

 private:
  void open_next_folder();
  bool examine(const DiskFolder::Piece& piece);
  void read(const DiskFolder::Piece& piece);
  bool find_indexed(const DiskFolder::Piece& piece);
  void admit_indexed();
  void admit(PieceRecord piece, bool indexed);
  void look_again(PieceRecord piece);
  void finish();
  bool unread(const PieceHead& head) const {
    return root_unread_ || unread_.contains(head.fingerprint);
  }

  DiskFolder& folder_;
  DiskLedger& ledger_;
  DiskMetrics& metrics_;
  const Listener listener_;

  bool active_ = false;
  bool may_delete_ = false;
  uint64_t number_ = 0;
  struct Indexed {
    PieceRecord piece;
    bool seen = false;  // its file is there
  };
  std::vector<Indexed> indexed_;  // in the index's order
  std::unordered_map<PieceKey, size_t> index_places_;
  size_t admitted_ = 0;               // of indexed_
  std::vector<Fingerprint> folders_;  // still to be read
  std::set<Fingerprint> unread_;      // could not be read whole: what they hold is not known
  bool root_unread_ = false;
  Fingerprint fingerprint_;
  DiskFolder::Listing listing_;  // of fingerprint_
  size_t at_ = 0;
  std::set<std::pair<Fingerprint, PieceKey>> left_alone_;
};

}  // namespace anyclaude
