// Brings pieces to whoever waits for them, in order: what is in RAM at once, the rest by a few
// threads that read ahead, but no further than a number of bytes. Knows neither tree nor disk.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/sync.h"
#include "kv/cache.h"
#include "kv/cache_metrics.h"

namespace anyclaude {

class PieceLoads {
 public:
  struct Item {
    PieceNode* node = nullptr;  // for `read`
    HeadPtr head;
    Bytes payload;  // null: to be read
  };
  struct Options {
    size_t threads = 2;
    uint64_t bytes_ahead_max = 0;  // of each load; a piece that is larger comes alone
  };
  // Called on several threads at once; of an Item only what is constant may be looked at. Null: it
  // cannot be had.
  using Read = std::function<Bytes(PieceNode& node, const PieceHead& head)>;

  PieceLoads(Options options, Read read, CacheMetrics& metrics);
  ~PieceLoads();  // all loads are destroyed already
  PieceLoads(const PieceLoads&) = delete;
  PieceLoads& operator=(const PieceLoads&) = delete;

  // `prefix` is held until nobody reads any more. An item without a node fails the load there.
  std::unique_ptr<PrefixLoad> start(std::shared_ptr<FoundPrefix> prefix, std::vector<Item> items,
                                    std::function<void()> ready);

 private:
  class Handle;
  struct Load {
    // Constant.
    std::function<void()> ready;
    std::chrono::steady_clock::time_point begin;
    // Guarded by the lock, but for what Read may look at.
    std::shared_ptr<FoundPrefix> prefix;
    std::vector<Item> items;
    std::vector<bool> from_disk;
    size_t failed_at = SIZE_MAX;
    size_t next_read = 0;  // those before are in RAM, read, or being read
    size_t next_given = 0;
    uint64_t bytes_ahead = 0;
    uint32_t reads = 0;  // under way
    uint32_t calls = 0;  // of `ready`, under way
    bool cancelled = false;
  };
  using LoadPtr = std::shared_ptr<Load>;
  struct Claim {
    LoadPtr load;
    size_t item = 0;
  };

  void run();
  Claim wait_for_work();  // without a load: the end
  std::optional<size_t> claim(Load& load) REQUIRES(mutex_);
  void arrived(const Claim& claim, Bytes payload);
  std::optional<PrefixLoad::Piece> next(Load& load);
  bool done(const Load& load) const;
  bool failed(const Load& load) const;
  void cancel(Load& load);

  const Options options_;
  const Read read_;
  CacheMetrics& metrics_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::list<LoadPtr> reading_ GUARDED_BY(mutex_);  // something may be left to be read
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace anyclaude
