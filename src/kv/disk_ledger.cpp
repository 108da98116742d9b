#include "kv/disk_ledger.h"

#include <algorithm>
#include <utility>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr int64_t day_s = 24 * 60 * 60;

}  // namespace

// ---- For callers.

const char* DiskLedger::store(HeadPtr head, Bytes payload, int64_t now_s) {
  const MutexLock lock(mutex_);
  const DiskTable::Entry* entry = table_.find(head->key);
  if (entry != nullptr && entry->piece.head->parent == head->parent) {
    // Stored already; the owner may not have heard of it yet.
    if (!entry->payload) push({.kind = Task::Kind::tell_written, .head = entry->piece.head});
    return nullptr;
  }
  const uint64_t bytes = piece_file_bytes(*head);
  turn_day(now_s);
  if (stopping_) return "closing";
  if (queued_bytes_ + bytes > limits_.queue_bytes_max || tasks_.size() >= limits_.queue_tasks_max) {
    return "queue_full";
  }
  if (table_.bytes() + bytes > limits_.bytes_max) return "no_room";
  if (limits_.bytes_per_day_max > 0 &&
      written_today_ + queued_bytes_ + bytes > limits_.bytes_per_day_max) {
    return "day_budget";
  }
  const bool replaces = entry != nullptr && has_file(*entry);
  if (entry != nullptr) drop(*entry);
  const uint64_t ticket = ++last_ticket_;
  table_.add({.piece = {.head = head, .last_used_s = now_s},
              .payload = std::move(payload),
              .replaces = replaces,
              .ticket = ticket});
  queued_bytes_ += bytes;
  push({.kind = Task::Kind::write, .head = std::move(head), .ticket = ticket});
  return nullptr;
}

std::optional<DiskLedger::Held> DiskLedger::find(const PieceKey& key) const {
  const MutexLock lock(mutex_);
  const DiskTable::Entry* entry = table_.find(key);
  if (entry == nullptr) return std::nullopt;
  return Held{.head = entry->piece.head, .payload = entry->payload, .ticket = entry->ticket};
}

void DiskLedger::lose(const PieceKey& key, uint64_t ticket, Loss loss) {
  const MutexLock lock(mutex_);
  const DiskTable::Entry* entry = table_.find(key);
  if (entry == nullptr || entry->ticket != ticket || entry->payload) return;
  HeadPtr head = entry->piece.head;
  table_.erase(key);
  ++changes_;
  push({.kind = Task::Kind::tell_lost, .head = std::move(head), .loss = loss});
}

bool DiskLedger::note_failed_read(const PieceKey& key, uint64_t ticket) {
  const MutexLock lock(mutex_);
  DiskTable::Entry* entry = table_.find(key);
  return entry != nullptr && entry->ticket == ticket && ++entry->failed_reads > 1;
}

void DiskLedger::remove(const PieceKey& key) {
  const MutexLock lock(mutex_);
  const DiskTable::Entry* entry = table_.find(key);
  if (entry == nullptr) return;
  HeadPtr head = entry->piece.head;
  const bool left = has_file(*entry);
  drop(*entry);
  if (left) push({.kind = Task::Kind::remove, .head = std::move(head)});
}

bool DiskLedger::has_file(const DiskTable::Entry& entry) const {
  return entry.payload == nullptr || entry.replaces || entry.ticket == writing_;
}

void DiskLedger::drop(const DiskTable::Entry& entry) {
  const HeadPtr head = entry.piece.head;
  if (entry.payload != nullptr) queued_bytes_ -= piece_file_bytes(*head);
  table_.erase(head->key);
  ++changes_;
}

void DiskLedger::used(const PieceKey& key, int64_t now_s, uint32_t hits) {
  const MutexLock lock(mutex_);
  DiskTable::Entry* entry = table_.find(key);
  if (entry == nullptr) return;
  entry->piece.last_used_s = now_s;
  entry->piece.hits = hits;
  ++changes_;
}

DiskLedger::Totals DiskLedger::totals() const {
  const MutexLock lock(mutex_);
  return {.bytes = table_.bytes(), .queued_bytes = queued_bytes_, .pieces = table_.size()};
}

void DiskLedger::wait_until_read(std::chrono::milliseconds time_max) {
  const auto end = std::chrono::steady_clock::now() + time_max;
  const MutexLock lock(mutex_);
  while (passes_ended_ == 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    changed_.wait_for(mutex_, left);
  }
}

void DiskLedger::settle() {
  const MutexLock lock(mutex_);
  const uint64_t pass = passes_begun_ + 1;
  passes_wanted_ = std::max(passes_wanted_, pass);
  changed_.notify_all();
  while (passes_ended_ < pass || busy_ || !tasks_.empty()) changed_.wait(mutex_);
}

// ---- For the thread.

void DiskLedger::push(Task task) {
  const bool leaves = task.kind == Task::Kind::remove || task.kind == Task::Kind::tell_lost;
  if (leaves) ++leaving_[task.head->key];
  tasks_.push_back(std::move(task));
  changed_.notify_all();
}

DiskLedger::Work DiskLedger::next(std::chrono::milliseconds wait_max) {
  const MutexLock lock(mutex_);
  const auto idle = [this]() REQUIRES(mutex_) {
    return tasks_.empty() && !stopping_ && passes_wanted_ <= passes_begun_;
  };
  if (idle() && wait_max.count() > 0) changed_.wait_for(mutex_, wait_max);
  Work work{.pass_wanted = passes_wanted_ > passes_begun_, .stopping = stopping_};
  if (!tasks_.empty()) {
    work.task = std::move(tasks_.front());
    tasks_.pop_front();
    work.last = tasks_.empty();
    busy_ = true;
  }
  return work;
}

void DiskLedger::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void DiskLedger::done(const Task& task) {
  const MutexLock lock(mutex_);
  if (const auto leaving = leaving_.find(task.head->key);
      leaving != leaving_.end() && task.kind != Task::Kind::write &&
      task.kind != Task::Kind::tell_written && --leaving->second == 0) {
    leaving_.erase(leaving);
  }
  busy_ = false;
  writing_ = 0;
  changed_.notify_all();
}

Bytes DiskLedger::begin_write(const Task& task) {
  const MutexLock lock(mutex_);
  const DiskTable::Entry* entry = table_.find(task.head->key);
  if (entry == nullptr || entry->ticket != task.ticket) return nullptr;
  writing_ = task.ticket;
  return entry->payload;
}

bool DiskLedger::end_write(const Task& task, bool written, int64_t now_s) {
  const MutexLock lock(mutex_);
  const uint64_t bytes = piece_file_bytes(*task.head);
  turn_day(now_s);
  if (written) written_today_ += bytes;
  DiskTable::Entry* entry = table_.find(task.head->key);
  if (entry == nullptr || entry->ticket != task.ticket) return false;
  queued_bytes_ -= bytes;
  ++changes_;
  if (written) {
    entry->payload = nullptr;
    entry->replaces = false;
    entry->seen_in = passes_begun_;
  } else {
    table_.erase(task.head->key);
  }
  return true;
}

DiskLedger::Seen DiskLedger::see(const Fingerprint& fingerprint, const PieceName& name,
                                 uint64_t file_bytes, uint64_t pass) {
  const MutexLock lock(mutex_);
  if (leaving_.contains(name.key)) return Seen::known;
  DiskTable::Entry* entry = table_.find(name.key);
  if (entry == nullptr) return Seen::unknown;
  const PieceHead& head = *entry->piece.head;
  if (head.fingerprint != fingerprint || head.kind != name.kind) return Seen::foreign;
  if (entry->payload) return Seen::known;  // will be written anew
  entry->seen_in = pass;
  if (piece_file_bytes(head) == file_bytes) return Seen::known;
  HeadPtr lost = entry->piece.head;
  table_.erase(name.key);
  ++changes_;
  push({.kind = Task::Kind::tell_lost, .head = std::move(lost), .loss = Loss::wrong});
  return Seen::known;
}

std::vector<PieceRecord> DiskLedger::admit(PieceRecord piece, uint64_t pass, bool indexed) {
  const MutexLock lock(mutex_);
  if (leaving_.contains(piece.head->key)) return {};
  if (!indexed) ++changes_;
  return table_.admit(std::move(piece), pass);
}

void DiskLedger::forget_waiting() {
  const MutexLock lock(mutex_);
  table_.forget_waiting();
}

uint64_t DiskLedger::begin_pass() {
  const MutexLock lock(mutex_);
  return ++passes_begun_;
}

DiskLedger::PassEnd DiskLedger::end_pass(const std::function<bool(const PieceHead&)>& spare) {
  const MutexLock lock(mutex_);
  PassEnd end;
  for (PieceRecord& piece : table_.take_unseen(passes_begun_, spare)) {
    end.lost.push_back(std::move(piece));
  }
  DiskTable::Sorted sorted = table_.sort_waiting(passes_begun_);
  end.found = std::move(sorted.found);
  end.orphans = std::move(sorted.orphans);
  for (PieceRecord& piece : sorted.left_orphaned) {
    end.orphans.push_back(piece);
    end.lost.push_back(std::move(piece));
  }
  std::ranges::sort(end.lost, std::greater(),
                    [](const PieceRecord& piece) { return piece.head->begin; });
  if (!end.lost.empty() || !end.found.empty()) ++changes_;
  return end;
}

void DiskLedger::pass_ended() {
  const MutexLock lock(mutex_);
  passes_ended_ = passes_begun_;
  changed_.notify_all();
}

// ---- The day's budget, and the snapshot.

void DiskLedger::turn_day(int64_t now_s) {
  const int64_t today = now_s / day_s;
  // Also when the clock was set back: a day in the future must not bind until it comes.
  if (today != day_) written_today_ = 0;
  day_ = today;
}

void DiskLedger::restore_budget(int64_t day, uint64_t written_bytes) {
  const MutexLock lock(mutex_);
  day_ = day;
  written_today_ += written_bytes;
}

uint64_t DiskLedger::changes() const {
  const MutexLock lock(mutex_);
  return changes_;
}

DiskIndex DiskLedger::take_snapshot(int64_t now_s) {
  const MutexLock lock(mutex_);
  turn_day(now_s);
  return {.day = day_, .written_bytes = written_today_, .pieces = table_.written()};
}

}  // namespace anyclaude
