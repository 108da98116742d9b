#include "kv/disk_tier.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/sync.h"
#include "kv/disk_folder.h"
#include "kv/disk_ledger.h"
#include "kv/disk_metrics.h"
#include "kv/disk_pass.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What is queued when the tier closes is written for so long.
constexpr std::chrono::seconds closing_time{5};
constexpr std::chrono::seconds complaints_apart{60};
// The snapshot of a large cache has many megabytes: it is written less often, so that on average it
// takes no more than this of the disk.
constexpr uint64_t snapshot_bytes_per_s = 64 * 1024;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class FolderTier final : public DiskTier {
 public:
  FolderTier(Files& files, Options options, Listener listener, Metrics& metrics)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        metrics_(metrics),
        folder_(files, options_.folder),
        ledger_({.bytes_max = options_.bytes_max,
                 .bytes_per_day_max = options_.bytes_per_day_max,
                 .queue_bytes_max = options_.queue_bytes_max}),
        pass_(folder_, ledger_, metrics_,
              {.found = listener_.found,
               .lost = [this](const PieceRecord& piece) { listener_.lost(*piece.head, false); }}) {
    take_lock();
    thread_ = std::thread([this] { run(); });
  }

  ~FolderTier() override {
    ledger_.stop();
    thread_.join();
  }

  bool store(HeadPtr head, Bytes payload) override;
  Result<Bytes> read(const PieceHead& head) override;
  bool has(const PieceHead& head) const override {
    const auto held = ledger_.find(head.key);
    return held && held->head->parent == head.parent;
  }
  void remove(const PieceHead& head) override {
    ledger_.remove(head.key);
    update_gauges();
  }
  void used(const PieceKey& key, int64_t now_s, uint32_t hits) override {
    ledger_.used(key, now_s, hits);
  }

  uint64_t bytes() const override { return ledger_.totals().bytes; }
  bool writes() const override { return writer_; }
  std::string problem() const override {
    const MutexLock lock(mutex_);
    return problem_;
  }
  void wait_until_read(milliseconds time_max) override { ledger_.wait_until_read(time_max); }
  void settle() override { ledger_.settle(); }

 private:
  int64_t now_s() const { return options_.now_s ? options_.now_s() : system_now_s(); }
  void update_gauges();

  // ---- On the tier's thread (the lock is first asked for before it starts).

  void run();
  void begin_pass();
  void load_snapshot();
  void save_snapshot();
  void take_lock();
  void look_again();
  void tend();
  void execute(const DiskLedger::Task& task);
  void write(const DiskLedger::Task& task);
  bool may_delete() const { return writer_ && folder_.holds_lock(); }
  void refuse(const char* why, const std::string& problem);  // null: pieces are taken
  const char* refusal() const;
  void complain(const std::string& text);

  const Options options_;
  const Listener listener_;
  DiskMetrics metrics_;
  DiskFolder folder_;
  DiskLedger ledger_;

  // Of the tier's thread.
  DiskPass pass_;
  bool pass_due_ = true;
  uint64_t changes_saved_ = 0;
  Clock::time_point tend_next_ = Clock::now() + options_.retry_time;
  Clock::time_point snapshot_next_ = Clock::now() + options_.snapshot_time;
  Clock::time_point complaint_next_;
  std::optional<Clock::time_point> closing_at_;

  std::atomic<bool> writer_ = false;
  mutable Mutex mutex_;
  const char* refusal_ GUARDED_BY(mutex_) = nullptr;  // why no piece is taken; a metric's label
  std::string problem_ GUARDED_BY(mutex_);

  std::thread thread_;
};

// ---- For callers.

bool FolderTier::store(HeadPtr head, Bytes payload) {
  const char* why = refusal();
  if (payload == nullptr) payload = std::make_shared<const std::vector<uint8_t>>();
  if (!why && (!check_piece_head(*head) || payload->size() != head->payload_bytes)) why = "invalid";
  if (!why) why = ledger_.store(std::move(head), payload, now_s());
  if (why) metrics_.dropped(why);
  update_gauges();
  return why == nullptr;
}

Result<Bytes> FolderTier::read(const PieceHead& head) {
  const auto held = ledger_.find(head.key);
  if (!held) return fail(Error::Kind::not_found, "not on the disk");
  if (held->payload) return held->payload;
  const auto begin = Clock::now();
  auto payload = folder_.read(head);
  if (payload) {
    metrics_.read_bytes.add((*payload)->size());
    metrics_.read_seconds.observe_s(seconds_since(begin));
    return std::move(*payload);
  }
  switch (payload.error()) {
    case DiskFolder::Failure::unreadable:
      metrics_.read_failures.add();
      if (ledger_.note_failed_read(head.key, held->ticket)) {
        ledger_.lose(head.key, held->ticket, DiskLedger::Loss::unreadable);
      }
      return fail(Error::Kind::io, "the disk cannot read a piece");
    case DiskFolder::Failure::gone:
      metrics_.read_failures.add();
      ledger_.lose(head.key, held->ticket, DiskLedger::Loss::gone);
      return fail(Error::Kind::not_found, "a piece is gone from the disk");
    case DiskFolder::Failure::outdated:
    case DiskFolder::Failure::wrong:
      ledger_.lose(head.key, held->ticket, DiskLedger::Loss::wrong);
      break;
  }
  return fail(Error::Kind::io, "the bytes of a piece are wrong");
}

const char* FolderTier::refusal() const {
  const MutexLock lock(mutex_);
  return refusal_;
}

void FolderTier::update_gauges() {
  const auto totals = ledger_.totals();
  metrics_.bytes.set(static_cast<int64_t>(totals.bytes));
  metrics_.pieces.set(static_cast<int64_t>(totals.pieces));
  metrics_.queue_bytes.set(static_cast<int64_t>(totals.queued_bytes));
}

// ---- On the tier's thread.

void FolderTier::run() {
  load_snapshot();
  while (true) {
    tend();
    const bool walks = pass_.active() || pass_due_;
    const auto until_tend = std::chrono::ceil<milliseconds>(tend_next_ - Clock::now());
    const auto work = ledger_.next(walks ? milliseconds(0) : until_tend);
    if (work.stopping && !closing_at_) closing_at_ = Clock::now() + closing_time;
    if (work.task) {
      execute(*work.task);
      // A crash must not bring back what is gone: it would stand in the way of what was stored in
      // its place.
      if (work.last && may_delete()) folder_.sync_removals();
      ledger_.done(*work.task);
      update_gauges();
    } else if (work.stopping) {
      break;
    } else if (pass_.active()) {
      pass_.step();
      if (!pass_.active()) update_gauges();
    } else if (pass_due_ || work.pass_wanted) {
      begin_pass();
    }
  }
  save_snapshot();
}

void FolderTier::begin_pass() {
  look_again();
  pass_due_ = false;
  pass_.start(may_delete());
}

// Where it was lost, because the folder was deleted or the lock was never had, the folder is to be
// read anew.
void FolderTier::take_lock() {
  if (options_.bytes_max == 0) return refuse("no_room", "");
  if (folder_.holds_lock()) return;
  if (writer_) complain(fmt::format("{} was deleted, and is made anew", options_.folder.string()));
  const auto locked = folder_.lock();
  writer_ = locked && *locked;
  metrics_.writer.set(writer_ ? 1 : 0);
  pass_due_ = true;
  if (!locked) {
    complain(locked.error().message);
    refuse("no_folder", locked.error().message);
  } else if (!writer_) {
    refuse("not_writer", fmt::format("another process writes to {}", options_.folder.string()));
  } else {
    refuse(nullptr, "");
  }
}

// The lock of another may be free, and a full disk may have room.
void FolderTier::look_again() {
  take_lock();
  if (writer_) refuse(nullptr, problem());
}

void FolderTier::tend() {
  const auto now = Clock::now();
  if (now >= tend_next_) {
    tend_next_ = now + options_.retry_time;
    look_again();
    if (!writer_) pass_due_ = true;  // for what the writer has written
  }
  if (now >= snapshot_next_ && ledger_.changes() != changes_saved_) save_snapshot();
}

// The index and the names in the folder are read at the same time: both take long where there is
// much.
void FolderTier::load_snapshot() {
  auto reading = std::async(std::launch::async, [this] { return folder_.read_index(); });
  begin_pass();
  pass_.list_first();
  auto index = reading.get();
  if (!index) {
    if (index.error().kind != Error::Kind::not_found) complain(index.error().message);
    return;
  }
  ledger_.restore_budget(index->day, index->written_bytes);
  pass_.expect(std::move(index->pieces));
}

void FolderTier::save_snapshot() {
  snapshot_next_ = Clock::now() + options_.snapshot_time;
  const uint64_t changes = ledger_.changes();
  // Before the folder is read the old one tells more.
  if (changes == changes_saved_ || !may_delete() || pass_.expects()) return;
  const auto bytes = folder_.write_index(ledger_.take_snapshot(now_s()));
  if (!bytes) return complain(bytes.error().message);
  changes_saved_ = changes;
  metrics_.written_bytes.add(*bytes);
  snapshot_next_ =
      std::max(snapshot_next_, Clock::now() + std::chrono::seconds(*bytes / snapshot_bytes_per_s));
}

void FolderTier::execute(const DiskLedger::Task& task) {
  const PieceHead& head = *task.head;
  switch (task.kind) {
    case DiskLedger::Task::Kind::write:
      return write(task);
    case DiskLedger::Task::Kind::remove:
      pass_.discard(head.fingerprint, name_of(head), may_delete());
      if (writer_) refuse(nullptr, problem());  // a full disk has room now
      return;
    case DiskLedger::Task::Kind::tell_written:
      return listener_.written(head);
    case DiskLedger::Task::Kind::tell_lost:
      const bool wrong = task.loss == DiskLedger::Loss::wrong;
      const std::string name = print_piece_name(name_of(head));
      if (wrong) {
        metrics_.verification_failures.add();
        complain(fmt::format("{} does not hold what was written to it", name));
      } else if (task.loss == DiskLedger::Loss::unreadable) {
        complain(fmt::format("{} cannot be read, and is given up", name));
      }
      if (task.loss != DiskLedger::Loss::gone) {
        pass_.discard(head.fingerprint, name_of(head), may_delete());
      }
      return listener_.lost(head, wrong);
  }
}

void FolderTier::write(const DiskLedger::Task& task) {
  const Bytes payload = ledger_.begin_write(task);
  if (!payload) return;
  take_lock();
  const char* why = refusal();
  if (closing_at_ && Clock::now() > *closing_at_) why = "closing";
  if (!why) {
    const auto begin = Clock::now();
    const auto written = folder_.write(*task.head, *payload);
    if (written) {
      metrics_.write_seconds.observe_s(seconds_since(begin));
      metrics_.written_bytes.add(piece_file_bytes(*task.head));
      refuse(nullptr, "");
    } else {
      why = written.error().kind == Error::Kind::overloaded ? "disk_full" : "io";
      complain(written.error().message);
      // A full disk is left in peace for a while; another failure may concern this piece alone.
      refuse(why == std::string_view("disk_full") ? why : nullptr, written.error().message);
    }
  }
  if (why) metrics_.dropped(why);
  const bool wanted = ledger_.end_write(task, why == nullptr, now_s());
  if (wanted && why) listener_.lost(*task.head, false);
  if (wanted && !why) listener_.written(*task.head);
}

void FolderTier::refuse(const char* why, const std::string& problem) {
  const MutexLock lock(mutex_);
  refusal_ = why;
  problem_ = problem;
}

void FolderTier::complain(const std::string& text) {
  if (Clock::now() < complaint_next_) return;
  complaint_next_ = Clock::now() + complaints_apart;
  spdlog::warn("disk cache: {}", text);
}

}  // namespace

std::unique_ptr<DiskTier> DiskTier::open(Files& files, Options options, Listener listener,
                                         Metrics& metrics) {
  return std::make_unique<FolderTier>(files, std::move(options), std::move(listener), metrics);
}

}  // namespace anyclaude
