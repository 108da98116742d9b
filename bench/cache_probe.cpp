// A cache without a model, to be measured. Prints one line of JSON; exit code 1: something is
// wrong.
//
//   cache_probe fill FOLDER COUNT    writes COUNT small pieces as a tiny model would, and no index
//   cache_probe open FOLDER COUNT    how long until those of `fill` are found
//   cache_probe ram BYTES            how much memory a cache of so many bytes takes when it is full
//   cache_probe read FOLDER          how long the longest prompt there takes to come into RAM
//   cache_probe copy BYTES           how long this machine takes to copy so much from RAM to RAM
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <semaphore>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "kv/cache.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr Fingerprint fingerprint = {0xf111, 0xed};
constexpr uint32_t pieces_a_conversation = 20;
constexpr size_t small_payload_bytes = 512;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

uint64_t peak_memory_bytes() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<uint64_t>(usage.ru_maxrss);
#else
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

int print(const std::string& json, bool well = true) {
  std::puts(json.c_str());
  return well ? 0 : 1;
}

CacheOptions options_of(const fs::path& folder) {
  CacheOptions options;
  options.ram_bytes_max = 64ull << 20;
  options.disk.folder = folder;
  options.disk.bytes_max = 1ull << 50;  // nothing is to be thrown out
  return options;
}

std::vector<Token> conversation(uint32_t number, uint32_t pieces) {
  std::vector<Token> tokens(size_t{pieces} * block_tokens);
  for (size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = static_cast<Token>((number * 2'654'435'761u + i * 40'503u) % 32'000);
  }
  tokens[0] = static_cast<Token>(number);
  return tokens;
}

// ---- fill

// Not synced: a hundred thousand of them would take a quarter of an hour.
bool write_piece(const fs::path& folder, const PieceHead& head, std::span<const uint8_t> payload) {
  const auto file = real_files().create(folder / print_piece_name(name_of(head)));
  return file && (*file)->append(encode_piece_head(head)) && (*file)->append(payload);
}

int fill(const fs::path& folder, uint32_t count) {
  const fs::path pieces = folder / to_hex(fingerprint);
  if (!real_files().make_folder(pieces)) return print(R"({"written": 0})", false);
  const std::vector<uint8_t> payload(small_payload_bytes, 7);
  uint32_t written = 0;
  for (uint32_t number = 0; written < count; ++number) {
    const auto tokens = conversation(number, pieces_a_conversation);
    PieceHead head{.fingerprint = fingerprint,
                   .payload_bytes = payload.size(),
                   .payload_checksum = payload_checksum(payload),
                   .made_s = 1'700'000'000 + number,
                   .note = fmt::format("conversation {}", number)};
    for (uint32_t i = 0; i < pieces_a_conversation && written < count; ++i, ++written) {
      head.parent = i == 0 ? PieceKey{} : head.key;
      head.begin = i * block_tokens;
      head.end = head.begin + block_tokens;
      const auto prefix = std::span(tokens).first(head.end);
      head.key = piece_key(head.kind, fingerprint, head.begin, prefix);
      head.tokens.assign(prefix.begin() + head.begin, prefix.end());
      if (!write_piece(pieces, head, payload)) {
        return print(fmt::format(R"({{"written": {}}})", written), false);
      }
    }
  }
  return print(fmt::format(R"({{"written": {}}})", written));
}

// ---- open

// `found_s`: until the conversation that was written first is found whole; `all_s`: until all
// pieces are known; `slowest_find_ms`: of those asked for meanwhile, one after the other.
int open(const fs::path& folder, uint32_t count) {
  const uint64_t memory_before = peak_memory_bytes();
  const auto tokens = conversation(0, std::min(count, pieces_a_conversation));
  Metrics metrics;
  const auto begin = Clock::now();
  const auto cache = KvCache::open(real_files(), options_of(folder), metrics);
  const double open_s = seconds_since(begin);
  double found_s = -1;
  double all_s = -1;
  double slowest_find_s = 0;
  uint64_t finds = 0;
  while (all_s < 0 && seconds_since(begin) < 300) {
    const auto find_begin = Clock::now();
    const bool found = cache->find(fingerprint, tokens, true).ranges_end == tokens.size();
    slowest_find_s = std::max(slowest_find_s, seconds_since(find_begin));
    ++finds;
    if (found && found_s < 0) found_s = seconds_since(begin);
    if (cache->stats().disk.pieces >= count) all_s = seconds_since(begin);
    // As often as a busy server asks; more would slow down what is measured.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // tidy: allow sleep_for
  }
  cache->settle();
  const double settled_s = seconds_since(begin);
  const uint64_t memory = peak_memory_bytes() - memory_before;
  return print(
      fmt::format(R"({{"open_s": {:.4f}, "found_s": {:.4f}, "all_s": {:.4f}, "settled_s": {:.4f}, )"
                  R"("finds": {}, "slowest_find_ms": {:.3f}, "pieces": {}, "memory_bytes": {}}})",
                  open_s, found_s, all_s, settled_s, finds, slowest_find_s * 1000,
                  cache->stats().disk.pieces, memory),
      all_s >= 0);
}

// ---- ram

// Five times as much as there is room for, in pieces of all sizes that models have.
int fill_ram(uint64_t bytes_max) {
  CacheOptions options;
  options.ram_bytes_max = bytes_max;
  Metrics metrics;
  const auto cache = KvCache::open(real_files(), options, metrics);
  const uint64_t memory_before = peak_memory_bytes();
  uint64_t stored = 0;
  for (uint32_t number = 0; stored < 5 * bytes_max; ++number) {
    const auto tokens = conversation(number, 4);
    for (uint32_t i = 0; i < 4; ++i) {
      const size_t bytes = (size_t{64} << 10) << ((number + i) % 7);
      auto payload = std::make_shared<const std::vector<uint8_t>>(bytes, uint8_t{1});
      const auto prefix = std::span(tokens).first(size_t{i + 1} * block_tokens);
      if (!cache->store_range(fingerprint, prefix, i * block_tokens, std::move(payload), {})) break;
      stored += bytes;
    }
  }
  const uint64_t memory = peak_memory_bytes() - memory_before;
  const auto stats = cache->stats();
  return print(fmt::format(R"({{"stored_bytes": {}, "kept_bytes": {}, "memory_bytes": {}}})",
                           stored, stats.ram.bytes, memory),
               stats.ram.bytes <= bytes_max);
}

// ---- read

int read(const fs::path& folder) {
  Metrics metrics;
  CacheOptions options = options_of(folder);
  options.ram_bytes_max = 4ull << 30;
  const auto cache = KvCache::open(real_files(), options, metrics);
  cache->settle();
  const auto listed = cache->list();
  const auto longest = std::ranges::max_element(listed, {}, &KvCache::Listed::tokens);
  if (longest == listed.end()) return print(R"({"bytes": 0})", false);
  const auto named = cache->find_listed(longest->key);
  std::counting_semaphore<> arrived(0);
  const auto begin = Clock::now();
  const auto load =
      cache->load(named->found.prefix, 0, named->found.ranges_end, 0, [&] { arrived.release(); });
  uint64_t bytes = 0;
  while (!load->done() && !load->failed()) {
    const auto piece = load->next();
    if (piece) bytes += piece->payload->size();
    if (!piece) arrived.acquire();
  }
  const double seconds = seconds_since(begin);
  return print(fmt::format(R"({{"bytes": {}, "seconds": {:.6f}}})", bytes, seconds), load->done());
}

// ---- copy

// By one thread, into memory that was used before; the best of some.
int copy(size_t bytes) {
  const std::vector<uint8_t> from(bytes, 1);
  std::vector<uint8_t> to(bytes, 2);
  double seconds = std::numeric_limits<double>::max();
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    std::ranges::copy(from, to.begin());
    seconds = std::min(seconds, seconds_since(begin));
  }
  return print(fmt::format(R"({{"bytes": {}, "seconds": {:.6f}}})", bytes, seconds), to == from);
}

int run(const std::vector<std::string>& arguments) {
  const auto is = [&](const char* command, size_t count) {
    return arguments.size() == count && arguments[0] == command;
  };
  const auto number = [&](size_t at) { return std::strtoull(arguments[at].c_str(), nullptr, 10); };
  if (is("fill", 3)) return fill(arguments[1], static_cast<uint32_t>(number(2)));
  if (is("open", 3)) return open(arguments[1], static_cast<uint32_t>(number(2)));
  if (is("ram", 2)) return fill_ram(number(1));
  if (is("read", 2)) return read(arguments[1]);
  if (is("copy", 2)) return copy(number(1));
  return print(R"({"error": "cache_probe fill|open|ram|read|copy ...; see bench"})", false);
}

}  // namespace
}  // namespace anyclaude

int main(int count, char** arguments) { return anyclaude::run({arguments + 1, arguments + count}); }
