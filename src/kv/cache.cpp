#include "kv/cache.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/sync.h"
#include "kv/cache_metrics.h"
#include "kv/found_prefix.h"
#include "kv/holds.h"
#include "kv/listing.h"
#include "kv/loads.h"
#include "kv/piece_file.h"
#include "kv/tiers.h"

namespace anyclaude {
namespace {

constexpr int64_t us_per_s = 1'000'000;

class TieredCache final : public KvCache, private PrefixOwner {
 public:
  TieredCache(Files& files, CacheOptions options, Metrics& metrics);
  ~TieredCache() override;

  Found find(const Fingerprint& fingerprint, std::span<const Token> tokens, bool use) override;
  std::unique_ptr<PrefixLoad> load(const std::shared_ptr<FoundPrefix>& prefix, uint32_t from,
                                   uint32_t to, uint32_t point,
                                   std::function<void()> ready) override;
  bool store_range(const Fingerprint& fingerprint, std::span<const Token> prefix, uint32_t begin,
                   Bytes payload, const Origin& origin) override;
  bool store_point(const Fingerprint& fingerprint, std::span<const Token> prefix, Bytes payload,
                   const Origin& origin) override;
  void pin(const Fingerprint& fingerprint, std::span<const Token> tokens,
           uint32_t seconds) override;
  Stats stats() const override;
  std::vector<Listed> list() const override;
  std::vector<Branch> branches(size_t branches_max) const override;
  bool keep(const PieceKey& key, bool kept) override;
  std::optional<Named> find_listed(const PieceKey& key) override;
  uint64_t prune(const PruneRule& rule) override;
  Verified verify(const std::function<bool(const Verified&)>& progress) override;
  void wait_until_read(std::chrono::milliseconds time_max) override;
  void settle() override;

 private:
  void release(const FoundPrefix& prefix) override;
  int64_t now_s() const { return options_.now_s ? options_.now_s() : system_now_s(); }
  int64_t next_use_us() REQUIRES(mutex_);
  Found find_locked(const Fingerprint& fingerprint, std::span<const Token> tokens) REQUIRES(mutex_);
  void count_use(const Found& found) REQUIRES(mutex_);
  // Where a piece that ends with `prefix` would be put; nothing where it does not fit.
  std::optional<PieceKey> parent_of(const Fingerprint& fingerprint, std::span<const Token> prefix,
                                    PieceKind kind, uint32_t begin);
  bool store(PieceKind kind, const Fingerprint& fingerprint, std::span<const Token> prefix,
             uint32_t begin, Bytes payload, const Origin& origin);
  void end_pins();
  FoundPrefixPtr prefix_of(const PieceNode& range) REQUIRES(mutex_);
  void found(const PieceRecord& record);
  Bytes read(PieceNode& node, const PieceHead& head);
  Bytes read_from_disk(const PieceHead& head);

  const CacheOptions options_;
  CacheMetrics metrics_;

  mutable Mutex mutex_;
  PieceTiers tiers_ GUARDED_BY(mutex_);
  int64_t last_use_us_ GUARDED_BY(mutex_) = 0;
  Holds holds_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;

  // Constant between the constructor and the destructor.
  std::unique_ptr<DiskTier> disk_;  // null: RAM only
  std::unique_ptr<PieceLoads> loads_;
};

TieredCache::TieredCache(Files& files, CacheOptions options, Metrics& metrics)
    : options_(std::move(options)),
      metrics_(metrics),
      tiers_({.ram_bytes_max = options_.ram_bytes_max,
              .disk_bytes_max = options_.disk.bytes_max,
              .pieces_max = options_.pieces_max},
             metrics_),
      // Something must be left for what comes.
      holds_({.pin_s_max = options_.pin_s_max,
              .pins_max = options_.pins_max,
              .kept_max = options_.kept_max,
              .kept_bytes_max = (options_.disk.folder.empty() ? options_.ram_bytes_max
                                                              : options_.disk.bytes_max) /
                                2},
             options_.kept) {
  loads_ = std::make_unique<PieceLoads>(
      PieceLoads::Options{.threads = options_.load_threads,
                          .bytes_ahead_max = options_.load_bytes_ahead_max},
      [this](PieceNode& node, const PieceHead& head) { return read(node, head); }, metrics_);
  if (options_.disk.folder.empty()) return;
  // The tier's thread tells what it finds before `open` returns, and waits for this lock.
  const MutexLock lock(mutex_);
  last_use_us_ = now_s() * us_per_s;  // what is found is no newer, whatever the clock does
  disk_ = DiskTier::open(files, options_.disk,
                         {.found = [this](const PieceRecord& record) { found(record); },
                          // What is queued can be read as well as what is written.
                          .written = [](const PieceHead&) {},
                          .lost =
                              [this](const PieceHead& head, bool) {
                                const MutexLock lock(mutex_);
                                if (!closing_) tiers_.lost(head.key);
                              }},
                         metrics);
  tiers_.set_disk(disk_.get());
}

TieredCache::~TieredCache() {
  Holds::Ended ended;
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    ended = holds_.clear();
  }
  ended.clear();
  loads_.reset();
  disk_.reset();
}

// ---- Finding ------------------------------------------------------------------------------------

// Later than any before it, so that of two uses in one second the order is known.
int64_t TieredCache::next_use_us() {
  last_use_us_ = std::max(last_use_us_ + 1, now_s() * us_per_s);
  return last_use_us_;
}

KvCache::Found TieredCache::find(const Fingerprint& fingerprint, std::span<const Token> tokens,
                                 bool use) {
  const MutexLock lock(mutex_);
  Found found = find_locked(fingerprint, tokens);
  if (use) count_use(found);
  return found;
}

KvCache::Found TieredCache::find_locked(const Fingerprint& fingerprint,
                                        std::span<const Token> tokens) {
  Found found;
  PieceTree& tree = tiers_.tree();
  auto match = tree.match(fingerprint, tokens);
  if (match.length == 0) return found;
  found.ranges_end = match.length;
  bool in_ram = true;
  std::vector<PieceNode*> points;
  for (size_t i = 0; i < match.ranges.size(); ++i) {
    const PieceNode& range = *match.ranges[i];
    const uint32_t end =
        i + 1 < match.ranges.size() ? match.ranges[i + 1]->head->begin : match.length;
    in_ram = in_ram && range.ram;
    if (in_ram) found.ranges_end_in_ram = end;
    if (!range.ram) found.bytes_on_disk += range.head->payload_bytes;
    for (PieceNode* point : PieceTree::points(range, end)) {
      points.push_back(point);
      found.points.push_back(point->head->end);
    }
  }
  for (PieceNode* range : match.ranges) tree.pin(*range);
  for (PieceNode* point : points) tree.pin(*point);
  found.prefix = std::make_shared<FoundPrefix>(
      static_cast<PrefixOwner&>(*this), std::move(match.ranges), std::move(points), match.length);
  return found;
}

void TieredCache::count_use(const Found& found) {
  (found.prefix ? metrics_.hits : metrics_.misses).add();
  metrics_.found_tokens[0]->add(found.ranges_end_in_ram);
  metrics_.found_tokens[1]->add(found.ranges_end - found.ranges_end_in_ram);
  if (!found.prefix) return;
  const int64_t now_us = next_use_us();
  std::vector<PieceNode*> used = found.prefix->ranges;
  // Of the points only the last: those before it are what others may continue from.
  if (!found.prefix->points.empty()) used.push_back(found.prefix->points.back());
  tiers_.tree().use(*found.prefix->ranges.back(), now_us, KeepClass::background);
  tiers_.tree().use(*used.back(), now_us, KeepClass::background);
  for (PieceNode* node : used) {
    PieceTree::add_hits(*node, 1);
    tiers_.report_use(*node);
  }
}

void TieredCache::release(const FoundPrefix& prefix) {
  const MutexLock lock(mutex_);
  for (PieceNode* range : prefix.ranges) tiers_.tree().unpin(*range);
  for (PieceNode* point : prefix.points) tiers_.tree().unpin(*point);
}

// ---- Loading ------------------------------------------------------------------------------------

std::unique_ptr<PrefixLoad> TieredCache::load(const std::shared_ptr<FoundPrefix>& prefix,
                                              uint32_t from, uint32_t to, uint32_t point,
                                              std::function<void()> ready) {
  std::vector<PieceNode*> nodes;
  for (size_t i = 0; i < prefix->ranges.size(); ++i) {
    PieceNode* const range = prefix->ranges[i];
    const bool is_last = i + 1 == prefix->ranges.size();
    const uint32_t end = is_last ? prefix->length : prefix->ranges[i + 1]->head->begin;
    if (from < to && range->head->begin < to && end > from) nodes.push_back(range);
  }
  if (point != 0) {
    const auto found = std::ranges::find(prefix->points, point,
                                         [](const PieceNode* node) { return node->head->end; });
    nodes.push_back(found == prefix->points.end() ? nullptr : *found);
  }
  std::vector<PieceLoads::Item> items;
  {
    const MutexLock lock(mutex_);
    const int64_t now_us = next_use_us();
    for (PieceNode* node : nodes) {
      // A piece may have been lost since it was found.
      if (!node || !node->attached()) {
        items.push_back({});
        continue;
      }
      tiers_.tree().use(*node, now_us, KeepClass::background);
      items.push_back({.node = node, .head = node->head, .payload = node->ram});
    }
  }
  return loads_->start(prefix, std::move(items), std::move(ready));
}

// On a thread of the loads, which hold the node pinned.
Bytes TieredCache::read(PieceNode& node, const PieceHead& head) {
  {
    const MutexLock lock(mutex_);
    if (!node.attached()) return nullptr;
    if (node.ram) return node.ram;  // another load has read it
  }
  Bytes payload = read_from_disk(head);
  const MutexLock lock(mutex_);
  if (!payload) {
    tiers_.lost(head.key);
  } else if (node.attached() && !node.ram) {
    tiers_.promote(node, payload);
  }
  return payload;
}

// A disk that fails is asked again; after that the tier has given the piece up as well.
Bytes TieredCache::read_from_disk(const PieceHead& head) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (auto payload = disk_->read(head)) return std::move(*payload);
  }
  return nullptr;
}

// ---- Storing ------------------------------------------------------------------------------------

bool TieredCache::store_range(const Fingerprint& fingerprint, std::span<const Token> prefix,
                              uint32_t begin, Bytes payload, const Origin& origin) {
  if (begin >= prefix.size()) return false;
  return store(PieceKind::range, fingerprint, prefix, begin, std::move(payload), origin);
}

bool TieredCache::store_point(const Fingerprint& fingerprint, std::span<const Token> prefix,
                              Bytes payload, const Origin& origin) {
  const auto end = static_cast<uint32_t>(prefix.size());
  return store(PieceKind::point, fingerprint, prefix, end, std::move(payload), origin);
}

std::optional<PieceKey> TieredCache::parent_of(const Fingerprint& fingerprint,
                                               std::span<const Token> prefix, PieceKind kind,
                                               uint32_t begin) {
  const MutexLock lock(mutex_);
  const auto match = tiers_.tree().match(fingerprint, prefix);
  if (match.length != begin) return std::nullopt;
  const PieceKey key = piece_key(kind, fingerprint, begin, prefix);
  if (tiers_.tree().find(key)) return std::nullopt;
  return match.ranges.empty() ? PieceKey{} : match.ranges.back()->head->key;
}

bool TieredCache::store(PieceKind kind, const Fingerprint& fingerprint,
                        std::span<const Token> prefix, uint32_t begin, Bytes payload,
                        const Origin& origin) {
  end_pins();
  const auto parent = parent_of(fingerprint, prefix, kind, begin);
  if (!parent) return false;
  if (!payload) payload = std::make_shared<const std::vector<uint8_t>>();
  PieceHead head{.kind = kind,
                 .fingerprint = fingerprint,
                 .key = piece_key(kind, fingerprint, begin, prefix),
                 .parent = *parent,
                 .begin = begin,
                 .end = static_cast<uint32_t>(prefix.size()),
                 .tokens = {prefix.begin() + begin, prefix.end()},
                 .payload_bytes = payload->size(),
                 .payload_checksum = payload_checksum(*payload),
                 .made_s = now_s(),
                 .imported = origin.imported,
                 .note = origin.note.substr(0, piece_note_bytes_max)};
  const MutexLock lock(mutex_);
  return tiers_.store(std::make_shared<const PieceHead>(std::move(head)), payload, origin.keep,
                      next_use_us()) != nullptr;
}

// ---- What is not thrown out ---------------------------------------------------------------------

void TieredCache::pin(const Fingerprint& fingerprint, std::span<const Token> tokens,
                      uint32_t seconds) {
  end_pins();
  Found found = find(fingerprint, tokens, false);
  if (!found.prefix) return;
  Holds::Ended ended;  // without the lock, which their prefixes ask for
  const MutexLock lock(mutex_);
  ended = holds_.pin(std::move(found.prefix), seconds, now_s());
}

void TieredCache::end_pins() {
  Holds::Ended ended;
  const MutexLock lock(mutex_);
  ended = holds_.end_pins(now_s());
}

FoundPrefixPtr TieredCache::prefix_of(const PieceNode& range) {
  return find_locked(range.head->fingerprint, tokens_of(range)).prefix;
}

bool TieredCache::keep(const PieceKey& key, bool kept) {
  Holds::Ended ended;
  const MutexLock lock(mutex_);
  if (!kept) {
    ended = holds_.let_go(key);
    return !ended.empty();
  }
  const PieceNode* const node = tiers_.tree().find(key);
  if (!node || node->head->kind != PieceKind::range) return false;
  FoundPrefixPtr& prefix = ended.emplace_back(prefix_of(*node));
  return holds_.keep(prefix);
}

// On the disk's thread. A range is found behind those in front of it, its points behind it.
void TieredCache::found(const PieceRecord& record) {
  Holds::Ended ended;
  const MutexLock lock(mutex_);
  if (closing_) return;
  tiers_.found(record, now_s() * us_per_s);
  const PieceHead& head = *record.head;
  const PieceKey& key = head.kind == PieceKind::range ? head.key : head.parent;
  const PieceNode* const range = holds_.is_kept(key) ? tiers_.tree().find(key) : nullptr;
  if (range) ended = holds_.found(prefix_of(*range));
}

// ---- For people ---------------------------------------------------------------------------------

KvCache::Stats TieredCache::stats() const {
  Stats stats;
  if (disk_) {
    stats.writes = disk_->writes();
    stats.problem = disk_->problem();
  }
  const MutexLock lock(mutex_);
  const auto tier_stats = [this](Tier tier, uint64_t bytes_max) REQUIRES(mutex_) {
    const PieceTree::Totals& totals = tiers_.tree().totals(tier);
    return TierStats{totals.bytes, bytes_max, totals.pieces, totals.tokens};
  };
  stats.ram = tier_stats(Tier::ram, options_.ram_bytes_max);
  stats.disk = tier_stats(Tier::disk, disk_ ? options_.disk.bytes_max : 0);
  return stats;
}

std::vector<KvCache::Listed> TieredCache::list() const {
  const MutexLock lock(mutex_);
  auto conversations = list_conversations(tiers_.tree());
  for (Listed& listed : conversations) listed.kept = holds_.is_kept(listed.key);
  return conversations;
}

std::vector<KvCache::Branch> TieredCache::branches(size_t branches_max) const {
  const MutexLock lock(mutex_);
  auto branches = list_branches(tiers_.tree(), branches_max);
  for (Branch& branch : branches) branch.kept = holds_.is_kept(branch.key);
  return branches;
}

std::optional<KvCache::Named> TieredCache::find_listed(const PieceKey& key) {
  const MutexLock lock(mutex_);
  const PieceNode* const node = tiers_.tree().find(key);
  if (!node || node->head->kind != PieceKind::range) return std::nullopt;
  Named named{
      .fingerprint = node->head->fingerprint, .tokens = tokens_of(*node), .note = node->head->note};
  named.found = find_locked(named.fingerprint, named.tokens);
  return named;
}

uint64_t TieredCache::prune(const PruneRule& rule) {
  end_pins();
  const MutexLock lock(mutex_);
  const auto bytes = [this]() REQUIRES(mutex_) {
    return tiers_.tree().totals(Tier::ram).bytes + tiers_.tree().totals(Tier::disk).bytes;
  };
  const uint64_t before = bytes();
  for (PieceNode* node : nodes_to_prune(tiers_.tree(), rule)) tiers_.drop(*node);
  if (rule.bytes_max && disk_) tiers_.shrink(Tier::disk, *rule.bytes_max);
  return before - bytes();
}

KvCache::Verified TieredCache::verify(const std::function<bool(const Verified&)>& progress) {
  Verified verified;
  if (!disk_) return verified;
  disk_->settle();
  std::vector<PieceKey> keys;
  {
    const MutexLock lock(mutex_);
    keys = keys_on_disk(tiers_.tree());
  }
  verified.pieces_all = keys.size();
  for (const PieceKey& key : keys) {
    if (!progress(verified)) break;
    HeadPtr head;
    {
      const MutexLock lock(mutex_);
      const PieceNode* node = tiers_.tree().find(key);
      if (!node || !node->on_disk) continue;
      head = node->head;
    }
    const auto first = disk_->read(*head);
    // Thrown out in the meantime, most likely.
    if (!first && first.error().kind == Error::Kind::not_found) continue;
    ++verified.pieces;
    verified.bytes += head->payload_bytes;
    if (first || disk_->read(*head)) continue;
    ++verified.wrong;
    const MutexLock lock(mutex_);
    tiers_.lost(key);
  }
  return verified;
}

void TieredCache::wait_until_read(std::chrono::milliseconds time_max) {
  if (disk_) disk_->wait_until_read(time_max);
}

void TieredCache::settle() {
  if (disk_) disk_->settle();
}

}  // namespace

std::unique_ptr<KvCache> KvCache::open(Files& files, CacheOptions options, Metrics& metrics) {
  return std::make_unique<TieredCache>(files, std::move(options), metrics);
}

}  // namespace anyclaude
