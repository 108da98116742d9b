// A process that uses the cache as hard as it can, killed at any moment, and the next one on the
// same folder, again and again: nothing that was on the disk is lost, nothing is wrong, nothing
// lies around.
//
// ANYCLAUDE_TEST_KILLS is the number of rounds (200), ANYCLAUDE_TEST_SEED the seed (1).
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "base/descriptor.h"
#include "fakes/cache_user.h"
#include "fakes/environment_number.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t begin_s = 1'700'000'000;
constexpr uint64_t disk_bytes_max = 400'000;
// So many of the newest conversations are far from being thrown out.
constexpr size_t promised = 8;

// What a process says of itself: conversation `number` is on the disk, or all was well at its
// start, or something was not.
struct Note {
  enum class Kind : uint64_t { stored, began, failed };
  Kind kind = Kind::failed;
  uint64_t number = 0;
};

// Some share their beginnings, and part inside of a block.
Tokens conversation(uint64_t number) {
  std::mt19937_64 random(number);
  Tokens tokens =
      counted_tokens(static_cast<uint32_t>(random() % 700), static_cast<Token>(number / 6 * 1'000));
  return joined(tokens, counted_tokens(static_cast<uint32_t>(1 + random() % 500),
                                       static_cast<Token>(1'000'000 + number * 1'000)));
}

// The process that is killed.
class Victim {
 public:
  Victim(const fs::path& folder, int notes, uint64_t next) : notes_(notes) {
    CacheOptions options = CacheUser::options(200'000, disk_bytes_max);
    options.disk.folder = folder;
    options.disk.snapshot_time = std::chrono::milliseconds(3);
    // From the beginning: what is found is never younger than now.
    user_ =
        std::make_unique<CacheUser>(real_files(), options, begin_s + static_cast<int64_t>(next));
  }

  [[noreturn]] void live(const std::deque<uint64_t>& stored, uint64_t next) {
    check(stored);
    std::thread reader([&] { read(stored); });
    for (uint64_t number = next;; ++number) {
      ++user_->now_s;
      const Tokens tokens = conversation(number);
      const size_t bytes = number % 7 == 0 ? 9'000 : 900;
      // Some of it may be there since before the kill.
      expect(user_->store(tokens, bytes) == tokens.size(), "store");
      user_->store_point(tokens, bytes);
      if (number % 2 != 0) continue;  // so that there is a queue
      (*user_)->settle();
      tell({Note::Kind::stored, number});
    }
  }

 private:
  // Goes on only if all is well so far.
  void expect(bool holds, const char* what) {
    EXPECT_TRUE(holds) << what;
    if (!testing::Test::HasFailure()) return;
    std::fflush(stdout);
    tell({Note::Kind::failed, 0});
    ::_exit(1);
  }

  void tell(const Note& note) {
    if (::write(notes_, &note, sizeof note) != sizeof note) ::_exit(1);
  }

  void check(const std::deque<uint64_t>& stored) {
    (*user_)->settle();
    const auto verified = (*user_)->verify();
    EXPECT_TRUE((*user_)->stats().writes) << "the killed process holds the lock";
    EXPECT_EQ(verified.wrong, 0u);
    EXPECT_EQ(user_->metric("anyclaude_kv_verification_failures_total"), 0u);
    for (const uint64_t number : stored) {
      const Tokens tokens = conversation(number);
      const auto size = static_cast<uint32_t>(tokens.size());
      const auto restored = user_->restore(tokens, 0, size, size);
      EXPECT_EQ(restored.end, size) << "conversation " << number;
      EXPECT_EQ(restored.point, size) << "conversation " << number;
    }
    expect(true, "start");
    tell({Note::Kind::began, verified.pieces});
  }

  void read(const std::deque<uint64_t>& stored) {
    for (uint64_t i = 0; !stored.empty(); ++i) {
      user_->restore(conversation(stored[i % stored.size()]));
      expect(true, "read");
    }
  }

  const int notes_;
  std::unique_ptr<CacheUser> user_;
};

struct Counts {
  uint64_t stored = 0;    // conversations told to be on the disk
  uint64_t verified = 0;  // pieces, at the starts
  uint64_t halves = 0;    // temporary files that kills have left
};

class KillTest : public testing::Test {
 protected:
  // One life and its end. False: something was wrong.
  bool run(uint64_t after_stores, uint64_t after_us) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return false;
    const Descriptor from(ends[0]);
    const pid_t child = ::fork();
    if (child == 0) {
      Victim(folder_.path() / "kv", ends[1], next_).live(stored_, next_);
    }
    ::close(ends[1]);
    const bool well = child > 0 && listen(from.get(), after_stores, after_us);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    // What it said before it was killed holds as well.
    while (const auto note = next_note(from.get(), std::chrono::milliseconds(0))) take(*note);
    return well && WIFSIGNALED(status);
  }

  // Until so long after it has told of so many conversations: however slow the disk is, some are
  // told. False: it did not come to that.
  bool listen(int notes, uint64_t after_stores, uint64_t after_us) {
    auto until = Clock::now() + std::chrono::seconds(60);
    std::optional<uint64_t> told;  // since the start of its work
    while (Clock::now() < until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      const auto note = next_note(notes, left);
      if (!note) break;
      if (note->kind == Note::Kind::failed) return false;
      take(*note);
      told = note->kind == Note::Kind::began ? 0 : *told + 1;
      if (told == after_stores) until = Clock::now() + std::chrono::microseconds(after_us);
    }
    return told >= after_stores;
  }

  static std::optional<Note> next_note(int notes, std::chrono::milliseconds wait) {
    pollfd waits{.fd = notes, .events = POLLIN, .revents = 0};
    Note note;
    if (::poll(&waits, 1, static_cast<int>(wait.count())) <= 0) return std::nullopt;
    if (::read(notes, &note, sizeof note) != sizeof note) return std::nullopt;
    return note;
  }

  void take(const Note& note) {
    if (note.kind == Note::Kind::began) counts_.verified += note.number;
    if (note.kind != Note::Kind::stored) return;
    ++counts_.stored;
    next_ = note.number + 1;
    stored_.push_back(note.number);
    if (stored_.size() > promised) stored_.pop_front();
  }

  void count_files() {
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".tmp") ++counts_.halves;
    }
  }

  TemporaryFolder folder_;
  std::deque<uint64_t> stored_;
  uint64_t next_ = 1;
  Counts counts_;
};

TEST_F(KillTest, LosesNothingThatWasWritten) {
  const uint64_t rounds = environment_number("ANYCLAUDE_TEST_KILLS", 200);
  const uint64_t seed = environment_number("ANYCLAUDE_TEST_SEED", 1);
  std::mt19937_64 random(seed);
  for (uint64_t round = 0; round < rounds; ++round) {
    const uint64_t after_stores = random() % 3;
    ASSERT_TRUE(run(after_stores, random() % 40'000))
        << "ANYCLAUDE_TEST_SEED=" << seed << ", round " << round;
    count_files();
  }
  CacheOptions options = CacheUser::options(200'000, disk_bytes_max);
  options.disk.folder = folder_.path() / "kv";
  CacheUser last(real_files(), options, begin_s + static_cast<int64_t>(next_));
  const auto verified = last->verify();
  EXPECT_EQ(verified.wrong, 0u);
  EXPECT_EQ(last.metric("anyclaude_kv_verification_failures_total"), 0u);
  last.close();
  uint64_t pieces = 0;
  std::set<std::string> others;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename().string();
    if (parse_piece_name(name)) ++pieces;
    if (!parse_piece_name(name)) others.insert(name);
  }
  EXPECT_EQ(pieces, verified.pieces);
  EXPECT_EQ(others, (std::set<std::string>{"index", "lock"}));
  std::cout << "seed " << seed << ", " << rounds << " kills: " << counts_.stored
            << " times something was told to be on the disk, " << counts_.verified
            << " pieces verified at starts, " << counts_.halves << " half files left by kills, "
            << verified.pieces << " pieces at the end\n";
  EXPECT_GT(counts_.stored, rounds / 2);
  EXPECT_GT(counts_.halves, rounds / 20);
}

}  // namespace
}  // namespace anyclaude
