// A log of keys and values that outlives the process: small things that other parts must know again
// after a restart. What they mean is theirs. One file, written at its end; a later record of a key
// takes the place of an earlier one.
//
// Nobody waits for the disk: records go into a bounded queue, and a thread of the journal writes
// and syncs them, as many as there are at once. After a crash every record that was synced is
// there, and none is wrong. What ends half written, or cannot be read, is left out; a file that is
// no journal at all is set aside as FILE.bad. A failure costs records and is told by metrics and
// `problem`, nothing else.
//
// Too long, the file is written anew with the newest record of each key; where that leaves no
// quarter of it free, with as many of the newest as half of it holds. One process writes
// (FILE.lock); the others have read the file when they opened it, drop what they are given, and
// take over when the writer is gone.
//
// Thread-safe. Metrics: anyclaude_journal_*, labelled with the file's name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "base/metrics.h"

namespace anyclaude {

class Journal {
 public:
  struct Options {
    std::filesystem::path file;
    uint64_t bytes_max = 64ull << 20;
    uint64_t queue_bytes_max = 16ull << 20;        // accepted and not yet written
    std::chrono::milliseconds retry_time{30'000};  // until a lock or a failed write is tried again
  };
  using Reader = std::function<void(std::string_view key, std::span<const uint8_t> value)>;

  // Gives `reader` all records, the oldest first, before it returns. Never fails for what is on the
  // disk. `files` and `metrics` must outlive it.
  static std::unique_ptr<Journal> open(Files& files, Options options, const Reader& reader,
                                       Metrics& metrics);
  virtual ~Journal() = default;  // writes what is queued

  // False: dropped (queue full, longer than a quarter of the file may be, not the writer, an empty
  // key). Never waits for the disk.
  virtual bool append(std::string_view key, std::span<const uint8_t> value) = 0;

  virtual bool writes() const = 0;          // this process holds the lock
  virtual std::string problem() const = 0;  // why the last write has failed; empty: it has not

  // Waits until what was appended is synced or given up, and the lock was looked at once more.
  virtual void settle() = 0;
};

// Opens the journal of a table that outlives it: what it holds is given to `table.restore(key,
// value)`, and what the table writes from now on (`table.set_writer`) is appended.
template <class Table>
std::unique_ptr<Journal> open_journal_of(Table& table, Files& files, Journal::Options options,
                                         Metrics& metrics) {
  auto journal = Journal::open(
      files, std::move(options),
      [&](std::string_view key, std::span<const uint8_t> value) { table.restore(key, value); },
      metrics);
  table.set_writer([&file = *journal](std::string_view key, std::span<const uint8_t> value) {
    [[maybe_unused]] const bool dropped_is_counted = file.append(key, value);
  });
  return journal;
}

}  // namespace anyclaude
