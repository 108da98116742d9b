// A cache over a disk that can fail, and somebody who uses it as the engine does. Every payload is
// a function of its piece's name, so that a wrong one is seen wherever it comes from.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "fakes/faulty_files.h"
#include "kv/cache.h"
#include "kv/piece_file.h"

namespace anyclaude {

using Tokens = std::vector<Token>;

inline Tokens counted_tokens(uint32_t count, Token from = 0) {
  Tokens tokens(count);
  for (uint32_t i = 0; i < count; ++i) tokens[i] = from + static_cast<Token>(i);
  return tokens;
}

inline Tokens joined(Tokens front, const Tokens& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

inline Bytes payload_of(const PieceKey& key, size_t bytes) {
  std::vector<uint8_t> payload(bytes);
  for (size_t i = 0; i < bytes; ++i) {
    payload[i] = static_cast<uint8_t>((key.low >> (i % 8 * 8)) + i * (key.high | 1));
  }
  return std::make_shared<const std::vector<uint8_t>>(std::move(payload));
}

class CacheUser {
 public:
  static constexpr Fingerprint fingerprint = {5, 6};

  // Retries at once and takes snapshots only at the end, so that nothing depends on time.
  static CacheOptions options(uint64_t ram_bytes_max, uint64_t disk_bytes_max = 0) {
    CacheOptions options;
    options.ram_bytes_max = ram_bytes_max;
    if (disk_bytes_max > 0) options.disk.folder = "/cache";
    options.disk.bytes_max = disk_bytes_max;
    options.disk.retry_time = std::chrono::hours(10);
    options.disk.snapshot_time = std::chrono::hours(10);
    return options;
  }

  CacheUser(Files& files, CacheOptions options, int64_t begin_s = 1'700'000'000)
      : now_s(begin_s), options_(std::move(options)) {
    options_.now_s = [this] { return now_s.load(); };
    options_.disk.now_s = options_.now_s;
    cache_ = KvCache::open(files, options_, metrics);
  }

  KvCache* operator->() { return cache_.get(); }
  KvCache& operator*() { return *cache_; }
  void close() { cache_.reset(); }

  // Stores what of `tokens` is not there, cut at blocks, as payloads of `bytes`; how many tokens
  // are there afterwards.
  uint32_t store(const Tokens& tokens, size_t bytes = 100, KeepClass keep = KeepClass::main,
                 const Fingerprint& fingerprint = CacheUser::fingerprint) {
    uint32_t begin = cache_->find(fingerprint, tokens, false).ranges_end;
    while (begin < tokens.size()) {
      const uint32_t block_end = (begin / block_tokens + 1) * block_tokens;
      const auto end = std::min(block_end, static_cast<uint32_t>(tokens.size()));
      const auto prefix = std::span(tokens).first(end);
      const PieceKey key = piece_key(PieceKind::range, fingerprint, begin, prefix);
      if (!cache_->store_range(fingerprint, prefix, begin, payload_of(key, bytes),
                               {.keep = keep, .note = "a note"})) {
        break;
      }
      begin = end;
    }
    return begin;
  }

  bool store_point(const Tokens& tokens, size_t bytes = 100, KeepClass keep = KeepClass::main,
                   const Fingerprint& fingerprint = CacheUser::fingerprint) {
    const PieceKey key =
        piece_key(PieceKind::point, fingerprint, static_cast<uint32_t>(tokens.size()), tokens);
    return cache_->store_point(fingerprint, tokens, payload_of(key, bytes), {.keep = keep});
  }

  uint32_t found(const Tokens& tokens, const Fingerprint& fingerprint = CacheUser::fingerprint) {
    return cache_->find(fingerprint, tokens, false).ranges_end;
  }
  uint32_t found_in_ram(const Tokens& tokens) {
    return cache_->find(fingerprint, tokens, false).ranges_end_in_ram;
  }

  struct Restored {
    uint32_t end = 0;  // tokens whose state was given, without a gap
    uint32_t point = 0;
    bool failed = false;
  };
  // Loads [from, to) and a point, waits, and checks every byte.
  Restored restore(const Tokens& tokens, uint32_t from, uint32_t to, uint32_t point = 0,
                   const Fingerprint& fingerprint = CacheUser::fingerprint) {
    const auto found = cache_->find(fingerprint, tokens, true);
    if (!found.prefix) return {.failed = true};
    return restore_found(found, tokens, from, to, point);
  }
  Restored restore(const Tokens& tokens) {
    return restore(tokens, 0, static_cast<uint32_t>(tokens.size()));
  }
  Restored restore_found(const KvCache::Found& found, const Tokens& tokens, uint32_t from,
                         uint32_t to, uint32_t point) {
    Mutex mutex;
    CondVar changed;
    uint64_t calls = 0;
    const auto load = cache_->load(found.prefix, from, to, point, [&] {
      const MutexLock lock(mutex);
      ++calls;
      changed.notify_all();
    });
    Restored restored{.end = from};
    uint64_t seen = 0;
    while (true) {
      while (const auto piece = load->next()) take(*piece, tokens, restored);
      if (load->done() || load->failed()) break;
      const MutexLock lock(mutex);
      while (calls == seen) changed.wait(mutex);
      seen = calls;
    }
    restored.failed = load->failed();
    return restored;
  }

  uint64_t metric(const std::string& name) const {
    const std::string text = "\n" + metrics.print();
    const size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) return 0;
    return std::stoull(text.substr(at + name.size() + 2));
  }

  std::atomic<int64_t> now_s;
  Metrics metrics;
  std::function<size_t(const PieceKey&)> bytes_of;  // what a payload must have, if that is known

  // Checks a piece that was given out for `tokens` and counts it.
  void take(const PrefixLoad::Piece& piece, const Tokens& tokens, Restored& restored) const {
    const PieceHead& head = *piece.head;
    ASSERT_TRUE(piece.payload);
    ASSERT_EQ(head.payload_bytes, piece.payload->size());
    if (bytes_of) {
      ASSERT_EQ(piece.payload->size(), bytes_of(head.key));
    }
    // Of a range only what is in front of the next one need be of this prompt.
    ASSERT_EQ(*piece.payload, *payload_of(head.key, piece.payload->size()));
    ASSERT_LE(head.begin, restored.end);
    if (head.kind == PieceKind::point) {
      ASSERT_EQ(head.key, piece_key(PieceKind::point, head.fingerprint, head.end,
                                    std::span(tokens).first(head.end)));
      restored.point = head.end;
      return;
    }
    const auto wanted = std::span(tokens).subspan(head.begin);
    const auto parting = std::ranges::mismatch(head.tokens, wanted).in1 - head.tokens.begin();
    ASSERT_GT(parting, 0);
    if (parting == std::ssize(head.tokens)) {
      ASSERT_EQ(head.key, piece_key(PieceKind::range, head.fingerprint, head.begin,
                                    std::span(tokens).first(head.end)));
    }
    restored.end = head.begin + static_cast<uint32_t>(parting);
  }

 private:
  CacheOptions options_;
  std::unique_ptr<KvCache> cache_;
};

}  // namespace anyclaude
