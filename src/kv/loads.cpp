#include "kv/loads.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace anyclaude {

class PieceLoads::Handle final : public PrefixLoad {
 public:
  Handle(PieceLoads& loads, LoadPtr load) : loads_(loads), load_(std::move(load)) {}
  ~Handle() override { loads_.cancel(*load_); }
  std::optional<Piece> next() override { return loads_.next(*load_); }
  bool done() const override { return loads_.done(*load_); }
  bool failed() const override { return loads_.failed(*load_); }

 private:
  PieceLoads& loads_;
  const LoadPtr load_;
};

PieceLoads::PieceLoads(Options options, Read read, CacheMetrics& metrics)
    : options_(options), read_(std::move(read)), metrics_(metrics) {
  for (size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

PieceLoads::~PieceLoads() {
  {
    const MutexLock lock(mutex_);
    assert(reading_.empty());
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

std::unique_ptr<PrefixLoad> PieceLoads::start(std::shared_ptr<FoundPrefix> prefix,
                                              std::vector<Item> items,
                                              std::function<void()> ready) {
  auto load = std::make_shared<Load>();
  load->prefix = std::move(prefix);
  load->ready = std::move(ready);
  load->begin = std::chrono::steady_clock::now();
  load->items = std::move(items);
  bool reads = false;
  for (size_t i = 0; i < load->items.size() && load->failed_at == SIZE_MAX; ++i) {
    const Item& item = load->items[i];
    if (!item.node) load->failed_at = i;
    load->from_disk.push_back(!item.payload);
    reads = reads || (item.node && !item.payload);
  }
  if (load->failed_at != SIZE_MAX) metrics_.loads_failed.add();
  if (reads) {
    const MutexLock lock(mutex_);
    reading_.push_back(load);
    changed_.notify_all();
  }
  return std::make_unique<Handle>(*this, std::move(load));
}

// ---- For the consumer.

std::optional<PrefixLoad::Piece> PieceLoads::next(Load& load) {
  const MutexLock lock(mutex_);
  const size_t at = load.next_given;
  if (at >= load.items.size() || at >= load.failed_at || !load.items[at].payload) {
    return std::nullopt;
  }
  PrefixLoad::Piece piece{std::move(load.items[at].head), std::move(load.items[at].payload)};
  const Tier tier = load.from_disk[at] ? Tier::disk : Tier::ram;
  metrics_.restored_bytes[static_cast<size_t>(tier)]->add(piece.payload->size());
  ++load.next_given;
  if (tier == Tier::disk) {
    load.bytes_ahead -= piece.payload->size();
    changed_.notify_all();
  }
  return piece;
}

bool PieceLoads::done(const Load& load) const {
  const MutexLock lock(mutex_);
  return load.next_given == load.items.size();
}

// Not before all that is in front of the failure has been given.
bool PieceLoads::failed(const Load& load) const {
  const MutexLock lock(mutex_);
  return load.next_given == load.failed_at;
}

void PieceLoads::cancel(Load& load) {
  std::shared_ptr<FoundPrefix> prefix;  // let go of without a lock: it asks the cache for its own
  const MutexLock lock(mutex_);
  load.cancelled = true;
  if (load.next_given == load.items.size()) {
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - load.begin;
    metrics_.restore_seconds.observe_s(time.count());
  }
  reading_.remove_if([&](const LoadPtr& other) { return other.get() == &load; });
  while (load.calls > 0) changed_.wait(mutex_);
  // Else the thread that reads is the last to need it.
  if (load.reads == 0) prefix = std::move(load.prefix);
}

// ---- For the threads.

void PieceLoads::run() {
  while (true) {
    const Claim claim = wait_for_work();
    if (!claim.load) return;
    const Item& item = claim.load->items[claim.item];
    arrived(claim, read_(*item.node, *item.head));
  }
}

PieceLoads::Claim PieceLoads::wait_for_work() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    for (auto load = reading_.begin(); load != reading_.end(); ++load) {
      const auto item = claim(**load);
      if (!item) continue;
      // Each load gets its turn.
      reading_.splice(reading_.end(), reading_, load);
      return {*load, *item};
    }
    changed_.wait(mutex_);
  }
  return {};
}

// The next item that is to be read and may be, now.
std::optional<size_t> PieceLoads::claim(Load& load) {
  const size_t end = std::min(load.items.size(), load.failed_at);
  while (load.next_read < end && !load.from_disk[load.next_read]) ++load.next_read;
  if (load.next_read >= end) return std::nullopt;
  const uint64_t bytes = load.items[load.next_read].head->payload_bytes;
  const bool fits = load.bytes_ahead + bytes <= options_.bytes_ahead_max;
  if (!fits && load.bytes_ahead > 0) return std::nullopt;
  load.bytes_ahead += bytes;
  ++load.reads;
  return load.next_read++;
}

void PieceLoads::arrived(const Claim& claim, Bytes payload) {
  Load& load = *claim.load;
  {
    const MutexLock lock(mutex_);
    --load.reads;
    if (load.cancelled) return;
    if (!payload && load.failed_at == SIZE_MAX) metrics_.loads_failed.add();
    if (!payload) load.failed_at = std::min(load.failed_at, claim.item);
    load.items[claim.item].payload = std::move(payload);
    if (!load.ready) return;
    ++load.calls;
  }
  load.ready();
  const MutexLock lock(mutex_);
  --load.calls;
  changed_.notify_all();
}

}  // namespace anyclaude
