// What the disk tier knows to be stored or about to be, by key, and who is whose parent. A piece is
// let in when its parent is there, so that its owner hears of parents before children; pieces that
// come too early wait. Not thread-safe; no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "kv/block.h"
#include "kv/disk_index.h"

namespace anyclaude {

class DiskTable {
 public:
  struct Entry {
    PieceRecord piece;
    Bytes payload;          // null: the file is written
    bool replaces = false;  // there is an older file of this name
    uint64_t ticket = 0;    // which `store` this is of; 0: found in the folder
    uint64_t seen_in = 0;   // the last pass over the folder that saw its file
    uint32_t failed_reads = 0;
  };

  Entry* find(const PieceKey& key);
  const Entry* find(const PieceKey& key) const;
  void add(Entry entry);  // of a key that is not there
  void erase(const PieceKey& key);

  // A piece that the folder has. Returns what is known by this, parents before children: itself
  // and who waited for it; nothing where it is known already or has to wait.
  std::vector<PieceRecord> admit(PieceRecord piece, uint64_t pass);
  void forget_waiting() { waiting_.clear(); }

  // The end of a pass. Takes out what is written and was not seen, but for what `spare` says.
  std::vector<PieceRecord> take_unseen(uint64_t pass,
                                       const std::function<bool(const PieceHead&)>& spare);
  // Who still waits: who can be let in by now, and who cannot. Of the latter are also pieces that
  // were let in once and have lost their parents; they are taken out.
  struct Sorted {
    std::vector<PieceRecord> found;
    std::vector<PieceRecord> orphans;        // never let in
    std::vector<PieceRecord> left_orphaned;  // taken out
  };
  Sorted sort_waiting(uint64_t pass);

  std::vector<PieceRecord> written() const;  // parents before children
  uint64_t bytes() const { return bytes_; }  // of files, also of those to be written
  size_t size() const { return entries_.size(); }

 private:
  bool has_parent(const PieceHead& head) const;

  std::unordered_map<PieceKey, Entry> entries_;
  std::unordered_multimap<PieceKey, PieceRecord> waiting_;  // by parent
  uint64_t bytes_ = 0;
};

}  // namespace anyclaude
