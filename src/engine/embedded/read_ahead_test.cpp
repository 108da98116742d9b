#include "engine/embedded/read_ahead.h"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <thread>

#include "fakes/cache_user.h"
#include "fakes/faulty_files.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;
constexpr uint32_t length = 8 * 1024;
constexpr size_t piece_bytes = 100;

// A long prompt on the disk, and a process that begins.
class ReadAheadTest : public testing::Test {
 protected:
  void SetUp() override {
    CacheUser before(files_, CacheUser::options(plenty, plenty));
    ASSERT_EQ(before.store(tokens_, piece_bytes), length);
    before->settle();
  }

  std::unique_ptr<CacheUser> begin(uint64_t ram_bytes_max = plenty) {
    auto user = std::make_unique<CacheUser>(files_, CacheUser::options(ram_bytes_max, plenty));
    (*user)->settle();
    return user;
  }

  std::span<const Token> first(size_t count) const { return std::span(tokens_).first(count); }

  FaultyFiles files_;
  const Tokens tokens_ = counted_tokens(length);
};

TEST_F(ReadAheadTest, ReadsWhatTheTokensLeadToAndNoFurther) {
  const auto user = begin();
  ReadAhead ahead(&**user, CacheUser::fingerprint);
  for (size_t count = 64; count <= length / 2; count += 64) ahead.begun(first(count), 64);
  while (user->found_in_ram(tokens_) < length / 2) std::this_thread::yield();
  EXPECT_EQ(user->found_in_ram(tokens_), length / 2);
  for (size_t count = length / 2; count <= length; count += 64) ahead.begun(first(count), 64);
  while (user->found_in_ram(tokens_) < length) std::this_thread::yield();
  // Every piece once.
  EXPECT_EQ(user->metric("anyclaude_kv_disk_read_bytes_total"),
            length / block_tokens * piece_bytes);
}

TEST_F(ReadAheadTest, ReadsNothingOfAnotherPrompt) {
  const auto user = begin();
  const uint64_t reads = files_.calls(DiskCall::read);
  ReadAhead ahead(&**user, CacheUser::fingerprint);
  ahead.begun(counted_tokens(length, 1), length);
  ReadAhead of_another_model(&**user, {7, 8});
  of_another_model.begun(tokens_, length);
  EXPECT_EQ(files_.calls(DiskCall::read), reads);
}

TEST_F(ReadAheadTest, ReadsNothingThatIsInRam) {
  const auto user = begin();
  EXPECT_EQ(user->restore(tokens_).end, length);
  const uint64_t reads = files_.calls(DiskCall::read);
  ReadAhead ahead(&**user, CacheUser::fingerprint);
  ahead.begun(tokens_, length);
  EXPECT_EQ(files_.calls(DiskCall::read), reads);
}

// A prompt that goes on from one of before, which the cells have: RAM need not.
TEST_F(ReadAheadTest, ReadsNothingInFrontOfFreshText) {
  const auto user = begin();
  ReadAhead ahead(&**user, CacheUser::fingerprint);
  ahead.begun(first(length - 2048), 64);
  for (size_t count = length - 2048; count <= length; count += 64) ahead.begun(first(count), 64);
  const auto found = [&] {
    return user->metric("anyclaude_kv_disk_read_bytes_total") / piece_bytes;
  };
  // The piece that the fresh text begins in, and those behind it.
  const uint64_t pieces = 2048 / block_tokens + 1;
  while (found() < pieces) std::this_thread::yield();
  EXPECT_EQ(user->found_in_ram(tokens_), 0u);
  EXPECT_EQ(user->restore(tokens_).end, length);
  EXPECT_EQ(found(), length / block_tokens);
}

// It would push itself out before it is asked for.
TEST_F(ReadAheadTest, ReadsNothingThatTheRamHasNoRoomFor) {
  const auto user = begin(length / block_tokens * piece_bytes);
  const uint64_t reads = files_.calls(DiskCall::read);
  ReadAhead ahead(&**user, CacheUser::fingerprint);
  ahead.begun(tokens_, length);
  EXPECT_EQ(files_.calls(DiskCall::read), reads);
}

TEST_F(ReadAheadTest, EndsInTheMidstOfReading) {
  const auto user = begin();
  files_.hold(DiskCall::read);
  {
    ReadAhead ahead(&**user, CacheUser::fingerprint);
    ahead.begun(tokens_, length);
  }
  files_.release(DiskCall::read);
  EXPECT_EQ(user->restore(tokens_).end, length);
}

TEST_F(ReadAheadTest, NeedsNoCache) {
  ReadAhead ahead(nullptr, CacheUser::fingerprint);
  ahead.begun(tokens_, length);
}

}  // namespace
}  // namespace anyclaude
