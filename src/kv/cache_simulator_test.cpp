// Random days of a cache: storing, finding, restoring, pruning, crashes, a disk that fills up,
// fails and lies, against a model that remembers everything. What must hold:
//
//   - bytes that are given out are right, whatever happened;
//   - neither tier ever holds more than it may;
//   - what is found was stored, and what was stored and not thrown out or damaged is found;
//   - what is held by somebody can be restored, if the disk does its part;
//   - what was written is found after a crash.
//
// ANYCLAUDE_TEST_STEPS is the number of steps (10,000), ANYCLAUDE_TEST_SEED the first seed (1).
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <set>
#include <tuple>

#include "fakes/cache_user.h"
#include "fakes/environment_number.h"
#include "kv/cache_metrics.h"

namespace anyclaude {
namespace {

constexpr uint64_t steps_a_life = 1000;

// Some are empty, some long.
size_t payload_bytes(const PieceKey& key) {
  return key.low % 5 == 0 ? 0 : key.low % 16 == 1 ? 1500 : key.low % 200;
}

// A prompt that was stored, or as much of it as the cache took.
struct Conversation {
  Fingerprint fingerprint;
  Tokens tokens;
  uint64_t troubles = 0;  // Life::troubles when it was stored
};

struct Counts {
  uint64_t stored = 0;
  uint64_t found = 0;
  uint64_t missed = 0;
  uint64_t restored = 0;
  uint64_t failed = 0;
  uint64_t starts = 0;
  uint64_t crashes = 0;
  uint64_t faults = 0;
  uint64_t found_after_start = 0;
  uint64_t found_undisturbed = 0;
};

class Life {
 public:
  Life(uint64_t seed, Counts& counts) : counts_(counts), random_(seed), files_(seed) {
    const uint64_t disk_bytes[] = {0, 1 << 24, 5000 + any(60'000), 5000 + any(60'000)};
    options_ = CacheUser::options(any(4) == 0 ? 1 << 20 : 500 + any(6000), disk_bytes[any(4)]);
    options_.load_bytes_ahead_max = any(2) == 0 ? 100 : 1 << 20;
    options_.pieces_max = any(4) == 0 ? 30 : 1 << 20;
    if (any(4) == 0) options_.disk.queue_bytes_max = 5000;
    open();
  }

  void step() {
    user_->now_s += any(3) == 0 ? static_cast<int64_t>(any(300)) : 0;
    const uint64_t action = any(200);
    if (action < 80) return store();
    if (action < 110) return restore();
    if (action < 120) return find_undisturbed();
    if (action < 132) return hold();
    if (action < 148) return restore_held();
    if (action < 152) return pin();
    if (action < 156) return open_load();
    if (action < 164) return step_load();
    if (action < 168) return prune();
    if (action < 176) return settle();
    if (action < 178) return verify();
    if (action < 182) return restart(Restart::clean);
    if (action < 186) return restart(Restart::crash);
    if (action < 191) return damage();
    if (action < 197) return fail();
  }

  void check() {
    const auto stats = (*user_)->stats();
    ASSERT_LE(stats.ram.bytes, options_.ram_bytes_max);
    ASSERT_LE(stats.disk.bytes, options_.disk.bytes_max);
    ASSERT_LE(stats.ram.pieces, options_.pieces_max);
    if (files_.crashed()) restart(Restart::crash);
  }

 private:
  enum class Restart { clean, crash };
  struct Held {
    KvCache::Found found;
    Conversation prompt;
  };
  struct OpenLoad {
    std::unique_ptr<PrefixLoad> load;
    Tokens tokens;
    CacheUser::Restored restored;
  };

  uint64_t any(uint64_t below) { return random_() % below; }
  template <class T>
  T& any_of(std::vector<T>& values) {
    return values[any(values.size())];
  }

  void open() {
    user_ = std::make_unique<CacheUser>(files_, options_, now_s_);
    user_->bytes_of = payload_bytes;
    metrics_ = std::make_unique<CacheMetrics>(user_->metrics);
    ++counts_.starts;
  }

  bool sound() const { return !failing_ && !damaged_; }

  // Whatever makes it right not to find a piece that was stored.
  uint64_t troubles() const {
    uint64_t sum = troubles_ + metrics_->lost.value();
    for (const size_t tier : {0, 1}) {
      sum += metrics_->evictions[tier]->value() + metrics_->refusals[tier]->value();
    }
    return sum;
  }

  // ---- What the engine does.

  // Mostly something that shares its beginning with what is there.
  Conversation any_prompt() {
    Conversation prompt{.fingerprint = {1, any(8) == 0 ? 2u : 1u}};
    if (!conversations_.empty() && any(5) > 0) {
      const Conversation& other = any_of(conversations_);
      prompt = {.fingerprint = other.fingerprint, .tokens = other.tokens};
      if (any(2) == 0) prompt.tokens.resize(any(prompt.tokens.size() + 1));
    }
    const uint64_t more = any(3) == 0 ? any(600) : any(40);
    for (uint64_t i = 0; i < more; ++i) prompt.tokens.push_back(static_cast<Token>(any(3)));
    return prompt;
  }

  void store() {
    Conversation prompt = any_prompt();
    const auto keep = static_cast<KeepClass>(any(3));
    uint32_t begin = (*user_)->find(prompt.fingerprint, prompt.tokens, any(2) == 0).ranges_end;
    while (begin < prompt.tokens.size()) {
      const uint32_t block_end = (begin / block_tokens + 1) * block_tokens;
      auto end = std::min(block_end, static_cast<uint32_t>(prompt.tokens.size()));
      if (any(8) == 0) end = begin + 1 + static_cast<uint32_t>(any(end - begin));
      if (!store_piece(prompt, PieceKind::range, begin, end, keep)) break;
      begin = end;
      if (any(3) == 0) store_piece(prompt, PieceKind::point, end, end, keep);
    }
    prompt.tokens.resize(begin);
    if (prompt.tokens.empty()) return;
    prompt.troubles = troubles();
    conversations_.push_back(std::move(prompt));
    if (conversations_.size() > 100) conversations_.erase(conversations_.begin());
  }

  bool store_piece(const Conversation& prompt, PieceKind kind, uint32_t begin, uint32_t end,
                   KeepClass keep) {
    const auto prefix = std::span(prompt.tokens).first(end);
    const PieceKey key = piece_key(kind, prompt.fingerprint, begin, prefix);
    const Bytes payload = payload_of(key, payload_bytes(key));
    const KvCache::Origin origin{.keep = keep, .note = "simulated"};
    stored_.insert(print_piece_name({kind, key}));
    const bool stored =
        kind == PieceKind::range
            ? (*user_)->store_range(prompt.fingerprint, prefix, begin, payload, origin)
            : (*user_)->store_point(prompt.fingerprint, prefix, payload, origin);
    counts_.stored += stored ? 1 : 0;
    return stored;
  }

  void restore() {
    const Conversation prompt = any_prompt();
    const auto found = (*user_)->find(prompt.fingerprint, prompt.tokens, true);
    ++(found.prefix ? counts_.found : counts_.missed);
    if (found.prefix) restore_found({found, prompt});
  }

  void restore_found(const Held& held) {
    const KvCache::Found& found = held.found;
    const uint32_t from = any(2) == 0 ? 0 : static_cast<uint32_t>(any(found.ranges_end));
    const uint32_t point = found.points.empty() ? 0 : found.points[any(found.points.size())];
    const auto restored =
        user_->restore_found(found, held.prompt.tokens, from, found.ranges_end, point);
    ++(restored.failed ? counts_.failed : counts_.restored);
    if (restored.failed) {
      ASSERT_FALSE(sound()) << "the disk has done nothing wrong";
      return;
    }
    ASSERT_EQ(restored.end, found.ranges_end);
    ASSERT_EQ(restored.point, point);
  }

  void find_undisturbed() {
    if (!sound()) return;
    for (const Conversation& conversation : conversations_) {
      const uint32_t found = user_->found(conversation.tokens, conversation.fingerprint);
      // Asked afterwards: the disk's thread may just be telling what has no room.
      if (conversation.troubles != troubles()) continue;
      ++counts_.found_undisturbed;
      ASSERT_EQ(found, conversation.tokens.size());
    }
  }

  void hold() {
    const Conversation prompt = any_prompt();
    auto found = (*user_)->find(prompt.fingerprint, prompt.tokens, false);
    if (found.prefix) held_.push_back({std::move(found), prompt});
    if (held_.size() > 4) held_.erase(held_.begin());
  }

  void restore_held() {
    if (held_.empty()) return;
    const uint64_t at = any(held_.size());
    restore_found(held_[at]);
    if (any(2) == 0) held_.erase(held_.begin() + static_cast<int64_t>(at));
  }

  void pin() {
    const Conversation prompt = any_prompt();
    (*user_)->pin(prompt.fingerprint, prompt.tokens, static_cast<uint32_t>(any(200)));
  }

  void open_load() {
    const Conversation prompt = any_prompt();
    const auto found = (*user_)->find(prompt.fingerprint, prompt.tokens, true);
    if (!found.prefix) return;
    loads_.push_back({.load = (*user_)->load(found.prefix, 0, found.ranges_end, 0, [] {}),
                      .tokens = prompt.tokens});
    if (loads_.size() > 3) loads_.erase(loads_.begin());
  }

  void step_load() {
    if (loads_.empty()) return;
    OpenLoad& open = any_of(loads_);
    if (const auto piece = open.load->next()) user_->take(*piece, open.tokens, open.restored);
    ASSERT_FALSE(open.load->failed() && sound());
  }

  // ---- What people do.

  void prune() {
    ++troubles_;
    KvCache::PruneRule rule;
    if (any(2) == 0) rule.bytes_max = any(options_.disk.bytes_max + 1);
    if (any(2) == 0) rule.unused_since_s = user_->now_s - static_cast<int64_t>(any(5000));
    if (any(4) == 0) rule.fingerprint = {1, 1 + any(2)};
    (*user_)->prune(rule);
  }

  // The disk holds what the cache believes, and that was stored once.
  void settle() {
    (*user_)->settle();
    if (!sound()) return;
    uint64_t bytes = 0;
    uint64_t pieces = 0;
    for (const auto& path : files_.all_files()) {
      if (!parse_piece_name(path.filename().string())) continue;
      ASSERT_TRUE(stored_.contains(path.filename().string()));
      bytes += files_.contents(path).size();
      ++pieces;
    }
    ASSERT_EQ(bytes, (*user_)->stats().disk.bytes);
    ASSERT_EQ(pieces, (*user_)->stats().disk.pieces);
  }

  void verify() {
    const auto verified = (*user_)->verify();
    if (failing_) return;
    ASSERT_TRUE(verified.wrong == 0 || damaged_);
    if (damaged_) {  // what is held may have been lost
      held_.clear();
      loads_.clear();
    }
    // What was wrong is deleted by now, and no crash brings it back.
    (*user_)->settle();
    write_names();
    damaged_ = has_wrong_files();
  }

  // Some stay that the cache does not know any more, because it could not delete them.
  bool has_wrong_files() const {
    return std::ranges::any_of(files_.all_files(), [this](const auto& path) {
      const auto name = parse_piece_name(path.filename().string());
      if (!name) return false;
      const auto bytes = files_.contents(path);
      const auto head =
          parse_piece_head(std::span(bytes).first(std::min(bytes.size(), piece_head_bytes_max)));
      return !head || head->key != name->key || piece_file_bytes(*head) != bytes.size() ||
             payload_checksum(std::span(bytes).subspan(piece_head_bytes(*head))) !=
                 head->payload_checksum;
    });
  }

  void restart(Restart how) {
    held_.clear();
    loads_.clear();
    const bool promised = sound() && !files_.crashed() && any(2) == 0;
    const auto promise = promised ? on_disk() : std::vector<KvCache::Found>();
    if (how == Restart::crash) {
      ++counts_.crashes;
      files_.crash();
    }
    now_s_ = user_->now_s;
    troubles_ += troubles() + 1;  // the next cache counts from 0
    user_.reset();
    files_.restart();
    recover();
    open();
    (*user_)->settle();
    // Deleted files may have come back, and more than there is room for.
    const bool crowded = metrics_->evictions[1]->value() > 0;
    for (size_t i = 0; i < promise.size() && !crowded; ++i) {
      const auto found =
          (*user_)->find(conversations_[i].fingerprint, conversations_[i].tokens, false);
      ASSERT_GE(found.ranges_end, promise[i].ranges_end);
      ASSERT_TRUE(std::ranges::includes(found.points, promise[i].points));
      counts_.found_after_start += found.ranges_end > 0 ? 1 : 0;
    }
    if (any(2) == 0) verify();
  }

  // What another process finds of the conversations.
  std::vector<KvCache::Found> on_disk() {
    (*user_)->settle();
    auto options = options_;
    options.pieces_max = 1 << 20;
    CacheUser reader(files_, options, user_->now_s);
    reader->settle();
    std::vector<KvCache::Found> all;
    for (const Conversation& conversation : conversations_) {
      all.push_back(reader->find(conversation.fingerprint, conversation.tokens, false));
      all.back().prefix.reset();
    }
    return all;
  }

  // ---- What the disk does.

  void damage() {
    const auto paths = files_.all_files();
    if (paths.empty()) return;
    const auto& path = paths[any(paths.size())];
    auto bytes = files_.contents(path);
    if (bytes.empty()) return;
    ++counts_.faults;
    damaged_ = true;
    switch (any(3)) {
      case 0:
        return files_.flip(path, any(bytes.size()), static_cast<uint8_t>(1 + any(255)));
      case 1:
        return files_.remove_all(path);
      default:
        bytes.resize(any(bytes.size()));
        return files_.put(path, std::move(bytes));
    }
  }

  void fail() {
    ++counts_.faults;
    failing_ = true;
    const auto call = static_cast<DiskCall>(any(static_cast<uint64_t>(DiskCall::count)));
    switch (any(5)) {
      case 0:
      case 1:
        return files_.fail_next(call, static_cast<uint32_t>(1 + any(3)),
                                static_cast<uint32_t>(any(5)));
      case 2:
        return files_.set_bytes_max(files_.bytes() + any(3000));
      case 3:
        return files_.read_short(0.1);
      default:
        return files_.crash_after(1 + any(50));
    }
  }

  void recover() {
    failing_ = false;
    for (uint8_t call = 0; call < static_cast<uint8_t>(DiskCall::count); ++call) {
      files_.fail_next(static_cast<DiskCall>(call), 0);
    }
    files_.set_bytes_max(UINT64_MAX);
    files_.read_short(0);
    write_names();
  }

  // What no sync has made safe, because it failed, the system writes some time.
  void write_names() {
    std::ignore = files_.sync_folder("/cache");
    for (const uint64_t low : {1, 2}) {
      std::ignore =
          files_.sync_folder(std::filesystem::path("/cache") / to_hex(Fingerprint{1, low}));
    }
  }

  Counts& counts_;
  std::mt19937_64 random_;
  FaultyFiles files_;
  CacheOptions options_;
  int64_t now_s_ = 1'700'000'000;
  std::unique_ptr<CacheUser> user_;
  std::unique_ptr<CacheMetrics> metrics_;  // of `user_`
  std::vector<Conversation> conversations_;
  std::set<std::string> stored_;  // names of all pieces that ever were
  std::vector<Held> held_;
  std::vector<OpenLoad> loads_;
  uint64_t troubles_ = 0;
  bool failing_ = false;  // calls of this process may fail
  bool damaged_ = false;  // files may be wrong
};

TEST(CacheSimulator, KeepsItsPromises) {
  const uint64_t steps = environment_number("ANYCLAUDE_TEST_STEPS", 10'000);
  const uint64_t first_seed = environment_number("ANYCLAUDE_TEST_SEED", 1);
  spdlog::set_level(spdlog::level::off);  // it complains about the disk, rightly
  Counts counts;
  for (uint64_t step = 0, seed = first_seed; step < steps; ++seed) {
    Life life(seed, counts);
    for (uint64_t i = 0; i < steps_a_life && step < steps; ++i, ++step) {
      life.step();
      if (!HasFatalFailure()) life.check();
      ASSERT_FALSE(HasFatalFailure()) << "ANYCLAUDE_TEST_SEED=" << seed << ", step " << i;
    }
  }
  spdlog::set_level(spdlog::level::info);
  std::cout << "first seed " << first_seed << ", " << steps << " steps: " << counts.stored
            << " pieces stored, " << counts.found << " prompts found, " << counts.missed
            << " missed, " << counts.restored << " restored, " << counts.failed << " failed to be, "
            << counts.faults << " faults, " << counts.starts << " starts, " << counts.crashes
            << " of them after crashes, " << counts.found_after_start
            << " promises held over a start, " << counts.found_undisturbed << " without one\n";
  // The simulation is worth something only if all of this happens.
  EXPECT_GT(counts.found_after_start, steps / 1000);
  EXPECT_GT(counts.found_undisturbed, steps / 1000);
  EXPECT_GT(counts.failed, 0u);
}

}  // namespace
}  // namespace anyclaude
