// The folder of the disk tier and the files in it; knows names and bytes, and no state but the
// lock. What is read is checked before it is given out; what is written is whole or absent.
//
// Nothing but files of the tier is ever deleted: below FOLDER only "index" and "index.tmp", below
// folders named as a fingerprint only names of pieces, also with ".tmp". A user may have named his
// home.
//
// Reading is thread-safe; lock, write, remove and the index belong to one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "kv/block.h"
#include "kv/disk_index.h"
#include "kv/piece_file.h"

namespace anyclaude {

class DiskFolder {
 public:
  DiskFolder(Files& files, std::filesystem::path path) : files_(files), path_(std::move(path)) {}

  // ---- Who may write.

  // Makes the folder and takes its lock, anew where it was deleted. False: another process has it.
  Result<bool> lock();
  bool holds_lock() const { return lock_ && lock_->holds(); }
  void unlock() { lock_.reset(); }

  // ---- Pieces

  enum class Failure {
    gone,       // no such file
    outdated,   // of another version of the program
    wrong,      // its bytes are not what they must be
    unreadable  // the disk says; may pass
  };
  template <class T>
  using Read = std::expected<T, Failure>;

  // The payload of the piece that the caller knows.
  Read<Bytes> read(const PieceHead& expected) const;
  // The head of a file found by its name.
  Read<PieceHead> read_head(const Fingerprint& fingerprint, const PieceName& name) const;
  // Returns when it survives a crash; after a failure nothing is left of it.
  Result<void> write(const PieceHead& head, std::span<const uint8_t> payload);
  // After a crash it may be there again, until something is written beside it or `sync_removals`
  // has returned.
  Result<void> remove(const Fingerprint& fingerprint, const PieceName& name);
  void sync_removals();

  // ---- What is there.

  struct Piece {
    PieceName name;
    uint64_t bytes = 0;
  };
  struct Listing {
    std::vector<Piece> pieces;
    std::vector<std::string> leftovers;  // temporary files
  };
  Result<std::vector<Fingerprint>> fingerprints() const;
  Result<Listing> list(const Fingerprint& fingerprint) const;
  void remove_leftovers(const Fingerprint& fingerprint, const Listing& listing);
  void remove_if_empty(const Fingerprint& fingerprint);

  // ---- The index; returns how many bytes it has.

  Result<DiskIndex> read_index() const;
  Result<uint64_t> write_index(const DiskIndex& index);
  void remove_half_index();  // that a crash has left

 private:
  std::filesystem::path folder_of(const Fingerprint& fingerprint) const;

  Files& files_;
  const std::filesystem::path path_;
  std::unique_ptr<FolderLock> lock_;
  std::set<Fingerprint> unsynced_;  // where something was removed
};

}  // namespace anyclaude
