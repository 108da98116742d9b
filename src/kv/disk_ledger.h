// What callers and the thread of the disk tier share: which pieces are stored, what is still to be
// done (in order), and what of the day's budget is spent. No I/O; nothing here takes longer than a
// walk over the table. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/sync.h"
#include "kv/block.h"
#include "kv/disk_index.h"
#include "kv/disk_table.h"
#include "kv/piece_file.h"

namespace anyclaude {

class DiskLedger {
 public:
  struct Limits {
    uint64_t bytes_max = 0;
    uint64_t bytes_per_day_max = 0;
    uint64_t queue_bytes_max = 0;
    size_t queue_tasks_max = 1u << 16;
  };
  enum class Loss : uint8_t { gone, unreadable, wrong };
  struct Task {
    enum class Kind : uint8_t { write, remove, tell_written, tell_lost };
    Kind kind = Kind::write;
    HeadPtr head;
    Loss loss = Loss::gone;  // tell_lost
    uint64_t ticket = 0;     // write
  };

  explicit DiskLedger(const Limits& limits) : limits_(limits) {}

  // ---- For callers.

  // Null: taken. Else why not, as a metric's label.
  const char* store(HeadPtr head, Bytes payload, int64_t now_s);
  struct Held {
    HeadPtr head;
    Bytes payload;  // null: it must be read from the file
    uint64_t ticket = 0;
  };
  std::optional<Held> find(const PieceKey& key) const;
  // What `find` has given turned out not to be there, or wrong.
  void lose(const PieceKey& key, uint64_t ticket, Loss loss);
  // The disk did not give the bytes. True: for the second time, it is to be lost.
  bool note_failed_read(const PieceKey& key, uint64_t ticket);
  void remove(const PieceKey& key);
  void used(const PieceKey& key, int64_t now_s, uint32_t hits);
  struct Totals {
    uint64_t bytes = 0;
    uint64_t queued_bytes = 0;
    uint64_t pieces = 0;
  };
  Totals totals() const;

  // Waits until the first pass over the folder has ended, at most so long.
  void wait_until_read(std::chrono::milliseconds time_max);
  // Waits until all tasks are done and a pass over the folder that began after the call has ended.
  void settle();

  // ---- For the thread.

  // What is next; waits for it at most so long.
  struct Work {
    std::optional<Task> task;
    bool last = false;  // nothing is queued behind the task
    bool pass_wanted = false;
    bool stopping = false;
  };
  Work next(std::chrono::milliseconds wait_max);
  void stop();
  void done(const Task& task);  // of everything that `next` has given

  Bytes begin_write(const Task& task);  // null: nobody wants it any more
  // False: it was removed meanwhile. After a failure its owner must be told.
  bool end_write(const Task& task, bool written, int64_t now_s);

  // A pass over the folder (kv/disk_pass.h): its number; each file that it sees; its end.
  // foreign: there is another piece of this key. `admit`: see DiskTable; `indexed`: from the index.
  uint64_t begin_pass();
  enum class Seen : uint8_t { known, unknown, foreign };
  Seen see(const Fingerprint& fingerprint, const PieceName& name, uint64_t file_bytes,
           uint64_t pass);
  std::vector<PieceRecord> admit(PieceRecord piece, uint64_t pass, bool indexed);
  void forget_waiting();
  struct PassEnd {
    std::vector<PieceRecord> lost;     // taken out; children before parents
    std::vector<PieceRecord> found;    // parents before children
    std::vector<PieceRecord> orphans;  // their files are good for nothing
  };
  PassEnd end_pass(const std::function<bool(const PieceHead&)>& spare);
  void pass_ended();  // and its owner has heard of all

  void restore_budget(int64_t day, uint64_t written_bytes);
  uint64_t changes() const;  // so far; a snapshot of fewer is old
  DiskIndex take_snapshot(int64_t now_s);

 private:
  void push(Task task) REQUIRES(mutex_);
  bool has_file(const DiskTable::Entry& entry) const REQUIRES(mutex_);
  void drop(const DiskTable::Entry& entry) REQUIRES(mutex_);
  void turn_day(int64_t now_s) REQUIRES(mutex_);

  const Limits limits_;

  mutable Mutex mutex_;
  CondVar changed_;
  DiskTable table_ GUARDED_BY(mutex_);
  std::deque<Task> tasks_ GUARDED_BY(mutex_);
  // Keys that a task will delete: what the folder still has of them is not found again.
  std::unordered_map<PieceKey, uint32_t> leaving_ GUARDED_BY(mutex_);
  uint64_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t last_ticket_ GUARDED_BY(mutex_) = 0;
  uint64_t writing_ GUARDED_BY(mutex_) = 0;  // the ticket of the write under way
  bool busy_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  uint64_t passes_begun_ GUARDED_BY(mutex_) = 0;
  uint64_t passes_ended_ GUARDED_BY(mutex_) = 0;
  uint64_t passes_wanted_ GUARDED_BY(mutex_) = 0;
  uint64_t changes_ GUARDED_BY(mutex_) = 0;
  int64_t day_ GUARDED_BY(mutex_) = 0;
  uint64_t written_today_ GUARDED_BY(mutex_) = 0;
};

}  // namespace anyclaude
