// Pieces as immutable files below one folder:
//
//   FOLDER/lock                            held by the one process that may write
//   FOLDER/index                           a snapshot of all heads; a hint, rebuilt when lost
//   FOLDER/FINGERPRINT/KEY.range|.point    a piece (docs/disk-format.md)
//
// Knows bytes and names; which piece is worth keeping is the cache's to say (kv/cache.h).
//
// Writes are done by a thread of the tier, from a bounded queue: a caller never waits for the disk,
// a full queue or a spent budget drops the piece. Reads are done on the caller's thread. A piece
// is written to a temporary name, synced, renamed, and its folder synced: it is whole or absent.
// What is read is checked (lengths, checksums, and that head and name fit) before anybody sees it.
//
// Thread-safe. Metrics: anyclaude_kv_disk_*.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/files.h"
#include "base/metrics.h"
#include "base/result.h"
#include "kv/block.h"

namespace anyclaude {

class DiskTier {
 public:
  struct Options {
    std::filesystem::path folder;
    uint64_t bytes_max = 0;          // of files; 0: nothing is written
    uint64_t bytes_per_day_max = 0;  // of pieces written, not to wear the disk out; 0: no limit
    uint64_t queue_bytes_max = 1ull << 30;  // accepted and not yet written
    std::function<int64_t()> now_s;         // Unix time; empty: the system's clock
    // How often another writer's lock, its new files, a full disk and a folder that could not be
    // used are looked at again.
    std::chrono::milliseconds retry_time{30'000};
    // Between two snapshots; longer where they are large.
    std::chrono::milliseconds snapshot_time{60'000};
  };

  // What the owner hears, in the order in which it happened, on the tier's one thread and while no
  // lock of the tier is held: from before `open` returns until the destructor has returned, but
  // never inside of another call. All three must be set.
  //
  // `found` comes for every piece of the folder, parents before children; also later, when another
  // process has written one.
  // `written`: a piece that was taken by `store` survives a crash from now on. `lost`: a piece that
  // was found, written or taken is not there (any more), or turned out to be wrong.
  struct Listener {
    std::function<void(const PieceRecord&)> found;
    std::function<void(const PieceHead&)> written;
    std::function<void(const PieceHead&, bool wrong)> lost;
  };

  // Never fails for what is on the disk: a folder that cannot be used makes a tier that stores
  // nothing, says so in the log and in `problem()`, and tries again. `files` and `metrics` must
  // outlive it.
  static std::unique_ptr<DiskTier> open(Files& files, Options options, Listener listener,
                                        Metrics& metrics);
  virtual ~DiskTier() = default;  // writes what is queued (at most a few seconds) and the snapshot

  // Takes the piece into the queue; `written` or `lost` follows, unless it is removed before that.
  // False: dropped (no room, queue or day's budget full, not the writer, no folder ...); a metric
  // says why. Never blocks on the disk. Room below bytes_max must have been made by the caller:
  // `bytes()` counts what is stored and queued. (Before the folder is read that is not all there
  // is; `found` tells the rest.) What is there already is told to be written once more,
  // or, behind another parent now, is written anew.
  virtual bool store(HeadPtr head, Bytes payload) = 0;

  // The payload, checked against the head that the caller knows (tokens, begin, parent ...), on the
  // caller's thread. not_found or io: a miss; the piece is then gone (`lost` is called) unless the
  // error may pass: a disk that cannot read it is asked twice.
  virtual Result<Bytes> read(const PieceHead& head) = 0;

  // Whether it is stored or queued, behind this parent. By it an owner tells a `found` or `lost`
  // that has been overtaken, because the piece was removed or stored again before it was heard,
  // from one that holds.
  virtual bool has(const PieceHead& head) const = 0;

  // Deletes the file, or takes it out of the queue. `bytes()` is less at once; the disk is not
  // waited for. Where another process writes, the file stays, and is not found again.
  virtual void remove(const PieceHead& head) = 0;

  // For the snapshot: when and how often a piece was used.
  virtual void used(const PieceKey& key, int64_t now_s, uint32_t hits) = 0;

  virtual uint64_t bytes() const = 0;       // stored and queued
  virtual bool writes() const = 0;          // this process holds the lock
  virtual std::string problem() const = 0;  // why nothing is stored; empty: all is well

  // Waits until all that the folder holds was told once, at most so long.
  virtual void wait_until_read(std::chrono::milliseconds time_max) = 0;

  // Looks for the lock, reads the folder once more, and waits for that and until everything queued
  // is done; for tests and commands.
  virtual void settle() = 0;
};

}  // namespace anyclaude
