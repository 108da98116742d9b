// The computed state of prompts, over RAM and disk: found by tokens, stored once however many
// conversations share it, bounded in both places. The engine's live cells are in front of it
// (engine/embedded/sequences.h).
//
// One radix tree at token granularity is the index of both tiers (kv/tree.h); kv/block.h says what
// is kept. A failure of any kind is a miss and a metric, never a failed request: bytes that do not
// verify are never given out.
//
// Thread-safe. The engine's thread stores and finds, threads of the cache read and write the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/metrics.h"
#include "base/result.h"
#include "kv/block.h"
#include "kv/disk_tier.h"

namespace anyclaude {

struct CacheOptions {
  uint64_t ram_bytes_max = 0;      // of payloads
  DiskTier::Options disk;          // an empty folder: RAM only
  std::function<int64_t()> now_s;  // Unix time; empty: the system's clock
  uint32_t pin_s_max = 600;        // the longest pin of an open tool call
  size_t pins_max = 256;           // the one that would end first makes room for another
  std::vector<PieceKey> kept;      // as `keep` does: as soon as they are found
  size_t kept_max = 64;            // of those found; together at most half of a tier
  // Each has a head of up to 1.5 KB in RAM, which ram_bytes_max does not count.
  uint64_t pieces_max = 1ull << 20;
  size_t load_threads = 2;
  uint64_t load_bytes_ahead_max = 256ull << 20;  // of each load: read and not taken yet
};

// A prefix that can be restored. What it names stays where it is until the last copy is destroyed,
// which must be before the cache is.
class FoundPrefix;

// The bytes of a FoundPrefix on their way out of the disk. Polled; thread-safe. Destroyed before
// the cache is, and not inside of `ready`.
class PrefixLoad {
 public:
  virtual ~PrefixLoad() = default;  // cancels what is not read yet
  struct Piece {
    HeadPtr head;   // not null
    Bytes payload;  // not null
  };
  // The next piece in order (ranges by begin, then the point), if it is there already. Where a
  // range begins in front of the end of the one before it, conversations part there: of the one
  // before only what is in front of that is meant.
  virtual std::optional<Piece> next() = 0;
  virtual bool done() const = 0;    // `next` has given all of them
  virtual bool failed() const = 0;  // what was given so far is right; the rest is a miss
};

class KvCache {
 public:
  // `files` and `metrics` must outlive it.
  static std::unique_ptr<KvCache> open(Files& files, CacheOptions options, Metrics& metrics);
  virtual ~KvCache() = default;

  struct Found {
    uint32_t ranges_end = 0;              // tokens that ranges cover without a gap
    uint32_t ranges_end_in_ram = 0;       // of these, without reading the disk
    uint64_t bytes_on_disk = 0;           // of ranges that are not in RAM
    std::vector<uint32_t> points;         // ascending: positions <= ranges_end that have a point
    std::shared_ptr<FoundPrefix> prefix;  // null: nothing was found
  };
  // The longest stored prefix of `tokens`. O(tokens). Changes nothing but recency, and that only
  // where `use`.
  virtual Found find(const Fingerprint& fingerprint, std::span<const Token> tokens, bool use) = 0;

  // Starts to bring the ranges of [from, to) and, where `point` is not 0, the point at that
  // position. The first range may begin before `from`, the last may end behind `to`. `ready` is
  // called, on a thread of the cache, whenever `next` may have something new or the load has
  // failed; not for what is in RAM and can be had at once, and not after the load's destruction.
  // What comes from the disk stays in RAM as far as there is room.
  virtual std::unique_ptr<PrefixLoad> load(const std::shared_ptr<FoundPrefix>& prefix,
                                           uint32_t from, uint32_t to, uint32_t point,
                                           std::function<void()> ready) = 0;

  struct Origin {
    KeepClass keep = KeepClass::main;
    std::string note;  // first words, for people
    bool imported = false;
  };
  // Stores the range [begin, prefix.size()), whose tokens before `begin` must be stored already;
  // false where they are not (a parent was thrown out), where it is there already or begins with
  // what is (`find` says from where on it is not), or where there is no room that what is needed
  // less could give. Cut by the caller at multiples of block_tokens. Never waits for the disk.
  virtual bool store_range(const Fingerprint& fingerprint, std::span<const Token> prefix,
                           uint32_t begin, Bytes payload, const Origin& origin) = 0;
  // Stores the point after all of `prefix`, which must be covered by ranges. False as above.
  virtual bool store_point(const Fingerprint& fingerprint, std::span<const Token> prefix,
                           Bytes payload, const Origin& origin) = 0;

  // Keeps a prefix from being thrown out for `seconds` (a tool runs, its result comes back soon);
  // 0 ends it.
  virtual void pin(const Fingerprint& fingerprint, std::span<const Token> tokens,
                   uint32_t seconds) = 0;

  struct TierStats {
    uint64_t bytes = 0;
    uint64_t bytes_max = 0;
    uint64_t pieces = 0;
    uint64_t tokens = 0;
  };
  struct Stats {
    TierStats ram;
    TierStats disk;
    bool writes = false;
    std::string problem;
  };
  virtual Stats stats() const = 0;

  // A stored conversation: a range at whose end none begins, with everything above it. (Where
  // another parts inside of it, it still is one.)
  struct Listed {
    Fingerprint fingerprint;
    PieceKey key;
    std::string note;
    uint32_t tokens = 0;
    uint64_t bytes = 0;      // of its own pieces as files, not of what others need
    uint64_t bytes_all = 0;  // with what it shares
    bool in_ram = false;     // all ranges from the root on
    bool on_disk = false;    // the same
    bool imported = false;   // some of it
    bool kept = false;
    int64_t last_used_s = 0;
    uint32_t hits = 0;
  };
  virtual std::vector<Listed> list() const = 0;  // newest first

  // A stretch of the tree in which no conversation parts from another, with what hangs on it.
  struct Branch {
    PieceKey key;                    // of its last range
    std::optional<PieceKey> parent;  // of the branch above; nothing: it begins a prompt
    Fingerprint fingerprint;
    std::string note;
    uint32_t tokens = 0;         // its own
    uint32_t tokens_to_end = 0;  // from the beginning of the prompt
    uint64_t ram_bytes = 0;      // its own
    uint64_t disk_bytes = 0;     // its own
    uint64_t all_bytes = 0;      // with all below it, wherever they are
    bool kept = false;
    int64_t last_used_s = 0;
    uint32_t hits = 0;
    uint64_t below = 0;  // branches below it that are not listed
  };
  // The largest branches, parents before their children.
  virtual std::vector<Branch> branches(size_t branches_max) const = 0;

  // Keeps what leads to a range from being thrown out, or lets go of it. False: there is no such
  // range, or the kept would be more than they may be.
  virtual bool keep(const PieceKey& key, bool kept) = 0;

  // The prompt of a listed conversation and what of it can be restored; nothing where the key is
  // not that of a range here.
  struct Named {
    Fingerprint fingerprint;
    std::vector<Token> tokens;
    std::string note;
    Found found;
  };
  virtual std::optional<Named> find_listed(const PieceKey& key) = 0;

  struct PruneRule {
    std::optional<uint64_t> bytes_max;       // of the disk, afterwards
    std::optional<int64_t> unused_since_s;   // Unix time
    std::optional<Fingerprint> fingerprint;  // only this one's
    std::optional<PieceKey> conversation;    // only what this one, as listed, shares with no other
    std::optional<PieceKey> branch;          // this one with all below it
  };
  virtual uint64_t prune(const PruneRule& rule) = 0;  // bytes freed

  struct Verified {
    uint64_t pieces = 0;
    uint64_t pieces_all = 0;
    uint64_t bytes = 0;
    uint64_t wrong = 0;  // deleted
  };
  // Settles, then reads and checks every file. `progress` hears before each how far it is; false
  // ends it.
  virtual Verified verify(const std::function<bool(const Verified&)>& progress) = 0;
  Verified verify() {
    return verify([](const Verified&) { return true; });
  }

  // As DiskTier's.
  virtual void wait_until_read(std::chrono::milliseconds time_max) = 0;
  virtual void settle() = 0;
};

}  // namespace anyclaude
