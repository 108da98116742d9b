// The owner of a disk tier as a test needs it: hears everything, and holds the promises of
// DiskTier::Listener to their word.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "fakes/faulty_files.h"
#include "fakes/pieces.h"
#include "kv/disk_tier.h"

namespace anyclaude {

// Thread-safe.
class DiskOwner {
 public:
  // Retries at once and takes snapshots only at the end, so that nothing depends on time.
  static DiskTier::Options options() {
    DiskTier::Options options;
    options.folder = "/cache";
    options.bytes_max = 1ull << 30;
    options.now_s = [] { return int64_t{1'700'000'000}; };
    options.retry_time = std::chrono::hours(10);
    options.snapshot_time = std::chrono::hours(10);
    return options;
  }

  explicit DiskOwner(Files& files, DiskTier::Options options = DiskOwner::options())
      : tier_(DiskTier::open(
            files, std::move(options),
            {.found = [this](const PieceRecord& record) { found(record); },
             .written = [this](const PieceHead& head) { written(head); },
             .lost = [this](const PieceHead& head, bool wrong) { lost(head, wrong); }},
            metrics_)) {}

  DiskTier& tier() { return *tier_; }
  DiskTier* operator->() { return tier_.get(); }
  void close() { tier_.reset(); }

  // How many of them were taken.
  size_t store(const std::vector<TestPiece>& pieces) {
    size_t taken = 0;
    for (const TestPiece& piece : pieces) taken += store(piece) ? 1 : 0;
    return taken;
  }
  bool store(const TestPiece& piece) {
    {
      const MutexLock lock(mutex_);
      taken_.insert(piece.head.key);
    }
    if (tier_->store(std::make_shared<const PieceHead>(piece.head), piece.payload)) return true;
    const MutexLock lock(mutex_);
    taken_.erase(piece.head.key);
    return false;
  }
  void remove(const PieceHead& head) {
    tier_->remove(head);
    const MutexLock lock(mutex_);
    known_.erase(head.key);
    taken_.erase(head.key);
  }
  // How many are there with the right bytes. Wrong bytes are a failure, whatever has happened.
  size_t readable(const std::vector<TestPiece>& pieces) {
    size_t count = 0;
    for (const TestPiece& piece : pieces) {
      const auto payload = tier_->read(piece.head);
      if (!payload) continue;
      EXPECT_EQ(**payload, *piece.payload);
      ++count;
    }
    return count;
  }

  bool knows(const PieceHead& head) const {
    const MutexLock lock(mutex_);
    return known_.contains(head.key);
  }
  size_t known() const {
    const MutexLock lock(mutex_);
    return known_.size();
  }
  std::vector<PieceRecord> found() const {
    const MutexLock lock(mutex_);
    return found_;
  }
  size_t lost() const {
    const MutexLock lock(mutex_);
    return lost_;
  }
  size_t wrong() const {
    const MutexLock lock(mutex_);
    return wrong_;
  }
  // The value of a metric's line, "name{labels}"; 0: there is none.
  uint64_t metric(const std::string& line) const {
    const std::string text = "\n" + metrics_.print();
    const size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + line.size() + 2));
  }
  uint64_t dropped(const std::string& why) const {
    return metric("anyclaude_kv_disk_dropped_writes_total{why=\"" + why + "\"}");
  }

 private:
  void found(const PieceRecord& record) {
    const PieceHead& head = *record.head;
    const MutexLock lock(mutex_);
    EXPECT_FALSE(known_.contains(head.key)) << "found twice";
    if (head.parent != PieceKey{}) {
      EXPECT_TRUE(known_.contains(head.parent) || taken_.contains(head.parent))
          << "found before its parent";
    }
    known_.emplace(head.key, head);
    found_.push_back(record);
  }
  void written(const PieceHead& head) {
    const MutexLock lock(mutex_);
    known_.emplace(head.key, head);
  }
  void lost(const PieceHead& head, bool wrong) {
    const MutexLock lock(mutex_);
    known_.erase(head.key);
    taken_.erase(head.key);
    ++lost_;
    if (wrong) ++wrong_;
  }

  Metrics metrics_;
  mutable Mutex mutex_;
  std::map<PieceKey, PieceHead> known_ GUARDED_BY(mutex_);  // found or written
  std::set<PieceKey> taken_ GUARDED_BY(mutex_);
  std::vector<PieceRecord> found_ GUARDED_BY(mutex_);
  size_t lost_ GUARDED_BY(mutex_) = 0;
  size_t wrong_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<DiskTier> tier_;  // last: it calls what is above
};

}  // namespace anyclaude
