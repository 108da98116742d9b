// The cache with a disk behind its RAM.
#include <gtest/gtest.h>

#include <filesystem>

#include "fakes/cache_user.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;

class CacheDiskTest : public testing::Test {
 protected:
  static std::filesystem::path path_of(const Tokens& tokens, uint32_t begin, uint32_t end) {
    const auto key =
        piece_key(PieceKind::range, CacheUser::fingerprint, begin, std::span(tokens).first(end));
    return std::filesystem::path("/cache") / to_hex(CacheUser::fingerprint) /
           print_piece_name({PieceKind::range, key});
  }

  FaultyFiles files_;
};

TEST_F(CacheDiskTest, WhatWasStoredIsFoundByTheNextProcess) {
  const Tokens tokens = counted_tokens(600);
  {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    EXPECT_EQ(user.store(tokens), 600u);
    EXPECT_TRUE(user.store_point(tokens, 1000));
    user->settle();
    EXPECT_TRUE(user->stats().writes);
    EXPECT_EQ(user->stats().disk.pieces, 4u);
    EXPECT_EQ(user->stats().disk.bytes, user.metric("anyclaude_kv_disk_bytes"));
  }
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  const auto found = user->find(CacheUser::fingerprint, tokens, false);
  EXPECT_EQ(found.ranges_end, 600u);
  EXPECT_EQ(found.ranges_end_in_ram, 0u);
  EXPECT_EQ(found.points, (std::vector<uint32_t>{600}));
  EXPECT_EQ(user->list().at(0).note, "a note");
  const auto restored = user.restore(tokens, 0, 600, 600);
  EXPECT_EQ(restored.end, 600u);
  EXPECT_EQ(restored.point, 600u);
  EXPECT_EQ(user.metric("anyclaude_kv_restored_bytes_total{tier=\"disk\"}"), 1300u);
  EXPECT_EQ(user.metric("anyclaude_kv_found_tokens_total{tier=\"disk\"}"), 600u);
  // What was read stays in RAM.
  EXPECT_EQ(user.found_in_ram(tokens), 600u);
  EXPECT_EQ(user->stats().ram.bytes, 1300u);
  const uint64_t reads = files_.calls(DiskCall::read);
  user.restore(tokens, 0, 600, 600);
  EXPECT_EQ(files_.calls(DiskCall::read), reads);
}

TEST_F(CacheDiskTest, WhatIsThrownOutOfRamIsFoundOnTheDisk) {
  CacheUser user(files_, CacheUser::options(250, plenty));
  for (Token i = 0; i < 10; ++i) EXPECT_EQ(user.store(counted_tokens(300, i * 1000)), 300u);
  EXPECT_EQ(user->stats().ram.bytes, 200u);
  for (Token i = 0; i < 10; ++i) {
    EXPECT_EQ(user.restore(counted_tokens(300, i * 1000)).end, 300u);
    EXPECT_EQ(user.found_in_ram(counted_tokens(300, i * 1000)), 300u);
    EXPECT_LE(user->stats().ram.bytes, 250u);
  }
  // Larger than all of RAM.
  EXPECT_EQ(user.store(counted_tokens(10, 50'000), 1000), 10u);
  EXPECT_EQ(user.restore(counted_tokens(10, 50'000)).end, 10u);
  EXPECT_EQ(user->stats().ram.bytes, 200u);
}

TEST_F(CacheDiskTest, ARestoreLargerThanRamPushesNothingOfItselfOut) {
  CacheUser user(files_, CacheUser::options(350, plenty));
  const Tokens tokens = counted_tokens(5000);
  EXPECT_EQ(user.store(tokens), 5000u);
  EXPECT_EQ(user.restore(tokens).end, 5000u);
  EXPECT_LE(user->stats().ram.bytes, 350u);
  EXPECT_EQ(user.found_in_ram(tokens), 768u);
}

TEST_F(CacheDiskTest, MakesRoomOnTheDiskByDeletingWhatIsNeededLeast) {
  CacheUser user(files_, CacheUser::options(200, 5000));
  for (Token i = 0; i < 50; ++i) {
    EXPECT_EQ(user.store(counted_tokens(10, i * 1000)), 10u);
    EXPECT_LE(user->stats().disk.bytes, 5000u);
  }
  user->settle();
  EXPECT_EQ(user.found(counted_tokens(10, 0)), 0u);
  EXPECT_EQ(user.found(counted_tokens(10, 49'000)), 10u);
  EXPECT_GT(user->stats().disk.pieces, 10u);
  EXPECT_LE(files_.bytes(), 5000u);
  EXPECT_EQ(user.metric("anyclaude_kv_evictions_total{tier=\"disk\"}"),
            50 - user->stats().disk.pieces);
  EXPECT_EQ(user.metric("anyclaude_kv_disk_dropped_writes_total{why=\"no_room\"}"), 0u);
}

TEST_F(CacheDiskTest, WhatTheDiskDidNotTakeIsOfferedAgain) {
  const Tokens tokens = counted_tokens(900);
  {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    user->settle();
    user.store(counted_tokens(256));
    user->settle();
    files_.fail_next(DiskCall::write, 1);
    user.store(counted_tokens(512));  // its second range is lost on the way
    user->settle();
    EXPECT_EQ(user.found(tokens), 512u);
    EXPECT_EQ(user->stats().disk.pieces, 1u);
    EXPECT_EQ(user.store(tokens), 900u);
    user->settle();
    EXPECT_EQ(user->stats().disk.pieces, 4u);
  }
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  EXPECT_EQ(user.restore(tokens).end, 900u);
}

TEST_F(CacheDiskTest, NothingIsWrittenBehindWhatTheDiskDoesNotHave) {
  auto options = CacheUser::options(plenty, plenty);
  options.disk.queue_bytes_max = 1500;  // one range
  CacheUser user(files_, options);
  user->settle();
  files_.hold(DiskCall::write);
  EXPECT_EQ(user.store(counted_tokens(1000)), 1000u);
  EXPECT_EQ(user->stats().disk.pieces, 1u);
  EXPECT_EQ(user->stats().ram.pieces, 4u);
  files_.release(DiskCall::write);
  user->settle();
  EXPECT_TRUE(user.store_point(counted_tokens(1000)));
  user->settle();
  EXPECT_GE(user->stats().disk.pieces, 2u);
}

TEST_F(CacheDiskTest, WrongBytesAreAMissWithAllThatIsBehindThem) {
  const Tokens tokens = counted_tokens(1000);
  {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    user.store(tokens);
    user.store_point(tokens);
  }
  const auto path = path_of(tokens, 512, 768);
  files_.flip(path, files_.contents(path).size() - 1);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  EXPECT_EQ(user.found(tokens), 1000u);
  const auto restored = user.restore(tokens, 0, 1000, 1000);
  EXPECT_TRUE(restored.failed);
  EXPECT_EQ(restored.end, 512u);
  EXPECT_EQ(restored.point, 0u);
  EXPECT_EQ(user.found(tokens), 512u);
  EXPECT_EQ(user.metric("anyclaude_kv_failed_loads_total"), 1u);
  EXPECT_EQ(user.metric("anyclaude_kv_lost_pieces_total"), 3u);
  user->settle();
  EXPECT_EQ(user->stats().disk.pieces, 2u);
  EXPECT_FALSE(files_.exists(path));
  EXPECT_FALSE(files_.exists(path_of(tokens, 768, 1000)));
  EXPECT_EQ(user.store(tokens), 1000u);
  user->settle();
  EXPECT_EQ(user.restore(tokens).end, 1000u);
}

TEST_F(CacheDiskTest, ADiskThatFailsOnceIsAskedAgain) {
  const Tokens tokens = counted_tokens(600);
  CacheUser(files_, CacheUser::options(plenty, plenty)).store(tokens);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  files_.fail_next(DiskCall::read, 1);
  EXPECT_EQ(user.restore(tokens).end, 600u);
}

TEST_F(CacheDiskTest, ADiskThatKeepsFailingIsAMiss) {
  const Tokens tokens = counted_tokens(600);
  CacheUser(files_, CacheUser::options(plenty, plenty)).store(tokens);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  files_.fail_often(DiskCall::read, 1);
  EXPECT_TRUE(user.restore(tokens).failed);
  EXPECT_EQ(user.found(tokens), 0u);
  EXPECT_EQ(user.store(tokens), 600u);
  EXPECT_EQ(user.restore(tokens).end, 600u);  // out of RAM
}

TEST_F(CacheDiskTest, ClassesRankAfterARestartToo) {
  {
    CacheUser user(files_, CacheUser::options(0, plenty));
    user.store(counted_tokens(10, 0), 100, KeepClass::main);
    user.now_s += 1000;
    user.store(counted_tokens(10, 1000), 100, KeepClass::background);
    user.now_s += 10;
    user.store(counted_tokens(10, 2000), 100, KeepClass::main);
  }
  CacheUser user(files_, CacheUser::options(0, plenty), 1'700'005'000);
  user->settle();
  EXPECT_EQ(user->stats().disk.pieces, 3u);
  const uint64_t bytes = user->stats().disk.bytes;
  EXPECT_EQ(user->prune({.bytes_max = bytes - 1}), bytes / 3);
  EXPECT_EQ(user.found(counted_tokens(10, 1000)), 0u);
  EXPECT_EQ(user->prune({.bytes_max = bytes / 2}), bytes / 3);
  EXPECT_EQ(user.found(counted_tokens(10, 2000)), 10u);
}

TEST_F(CacheDiskTest, WhatPeopleKeepIsKeptFromTheStart) {
  const Tokens kept = counted_tokens(600);
  const uint64_t room = 20'000;
  PieceKey key;
  {
    CacheUser user(files_, CacheUser::options(plenty, room));
    user.store(kept);
    user.store_point(kept, 1000);
    key = user->branches(1).at(0).key;
    user->settle();
  }
  CacheOptions options = CacheUser::options(plenty, room);
  options.kept = {key, {1, 2}};
  CacheUser user(files_, options);
  user->settle();
  EXPECT_TRUE(user->branches(1).at(0).kept);
  user.now_s += 10'000;
  for (Token i = 1; i < 30; ++i) user.store(counted_tokens(600, i * 1'000));
  user->settle();
  EXPECT_EQ(user.found(kept), 600u);
  EXPECT_EQ(user->find(CacheUser::fingerprint, kept, false).points, (std::vector<uint32_t>{600}));
  EXPECT_TRUE(user->keep(key, false));
}

TEST_F(CacheDiskTest, ALowerLimitHoldsAtOnce) {
  {
    CacheUser user(files_, CacheUser::options(0, plenty));
    for (Token i = 0; i < 20; ++i) {
      user.now_s += 10;
      user.store(counted_tokens(10, i * 1000));
    }
  }
  CacheUser user(files_, CacheUser::options(0, 2000), 1'700'001'000);
  user->settle();
  EXPECT_LE(user->stats().disk.bytes, 2000u);
  EXPECT_GT(user->stats().disk.bytes, 1500u);
  EXPECT_EQ(user.found(counted_tokens(10, 19'000)), 10u);
  EXPECT_EQ(user.found(counted_tokens(10, 0)), 0u);
}

TEST_F(CacheDiskTest, VerifyDeletesWhatIsWrong) {
  const Tokens tokens = counted_tokens(1000);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user.store(tokens);
  EXPECT_EQ(user->verify().pieces, 4u);
  EXPECT_EQ(user->verify().bytes, 400u);
  EXPECT_EQ(user->verify().wrong, 0u);
  const auto path = path_of(tokens, 768, 1000);
  files_.flip(path, files_.contents(path).size() - 5);
  EXPECT_EQ(user->verify().wrong, 1u);
  EXPECT_EQ(user->verify().wrong, 0u);
  EXPECT_FALSE(files_.exists(path));
  EXPECT_EQ(user.found(tokens), 1000u);  // in RAM it is right
}

// The snapshot is of an earlier time, when the tokens in front of the last piece were cut
// otherwise; and a file of then could not be deleted.
TEST_F(CacheDiskTest, APieceBehindAnotherCutIsTheSamePiece) {
  const Tokens tokens = counted_tokens(300);
  const auto options = CacheUser::options(plenty, plenty);
  const std::filesystem::path first = path_of(tokens, 0, 256);
  std::vector<uint8_t> old_index;
  std::vector<uint8_t> old_piece;
  {
    CacheUser user(files_, options);
    EXPECT_EQ(user.store(tokens), 300u);
    user.close();
    old_index = files_.contents("/cache/index");
    old_piece = files_.contents(first);
  }
  {
    CacheUser user(files_, options);
    user->settle();
    user->prune({.bytes_max = 0});
    user->settle();
    user.store(counted_tokens(100));
    EXPECT_EQ(user.store(tokens), 300u);
  }
  files_.put("/cache/index", old_index);
  files_.put(first, old_piece);
  CacheUser user(files_, options);
  user->settle();
  EXPECT_EQ(user->verify().wrong, 0u);
  EXPECT_EQ(user.restore(tokens).end, 300u);
  EXPECT_EQ(user.metric("anyclaude_kv_verification_failures_total"), 0u);
}

TEST_F(CacheDiskTest, WaitsForTheFolderButNotForever) {
  const Tokens tokens = counted_tokens(3000);
  CacheUser(files_, CacheUser::options(plenty, plenty)).store(tokens);
  files_.hold(DiskCall::list);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->wait_until_read(std::chrono::milliseconds(5));
  EXPECT_EQ(user.found(tokens), 0u);
  files_.release(DiskCall::list);
  user->wait_until_read(std::chrono::hours(1));
  EXPECT_EQ(user.found(tokens), 3000u);
}

// An index from before a crash may name pieces that are gone, and put others behind them.
TEST_F(CacheDiskTest, AnOldIndexCostsNoFile) {
  const Tokens tokens = counted_tokens(600);
  const auto options = CacheUser::options(plenty, plenty);
  std::vector<uint8_t> old_index;
  {
    CacheUser user(files_, options);
    EXPECT_EQ(user.store(tokens), 600u);
    user.close();
    old_index = files_.contents("/cache/index");
  }
  {
    CacheUser user(files_, options);
    user->settle();
    user->prune({.bytes_max = 0});
    user->settle();
    user.store(counted_tokens(100));  // begins as the old first piece, and ends elsewhere
    EXPECT_EQ(user.store(tokens), 600u);
  }
  files_.put("/cache/index", old_index);
  CacheUser user(files_, options);
  user->settle();
  EXPECT_EQ(user.restore(tokens).end, 600u);
  EXPECT_EQ(user->verify().wrong, 0u);
}

// A series that begins at its first event hides that event from every rate.
TEST_F(CacheDiskTest, CountsFromTheStart) {
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  const std::string text = user.metrics.print();
  for (const char* name :
       {"anyclaude_kv_finds_total{result=\"hit\"}", "anyclaude_kv_finds_total{result=\"miss\"}",
        "anyclaude_kv_found_tokens_total{tier=\"ram\"}",
        "anyclaude_kv_found_tokens_total{tier=\"disk\"}", "anyclaude_kv_bytes{tier=\"ram\"}",
        "anyclaude_kv_bytes{tier=\"disk\"}", "anyclaude_kv_restored_bytes_total{tier=\"disk\"}",
        "anyclaude_kv_restore_seconds_sum", "anyclaude_kv_evictions_total{tier=\"disk\"}",
        "anyclaude_kv_disk_dropped_writes_total{why=\"queue_full\"}",
        "anyclaude_kv_disk_dropped_writes_total{why=\"disk_full\"}",
        "anyclaude_kv_verification_failures_total"}) {
    EXPECT_NE(text.find("\n" + std::string(name) + " "), std::string::npos) << name;
  }
}

TEST_F(CacheDiskTest, PruneDeletesFiles) {
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user.store(counted_tokens(600));
  user.now_s += 100;
  user.store(counted_tokens(600, 1000));
  user->settle();
  const uint64_t disk = user->stats().disk.bytes;
  EXPECT_EQ(user->prune({.unused_since_s = user.now_s - 50}), disk / 2 + 300);
  user->settle();
  EXPECT_EQ(user->stats().disk.bytes, disk / 2);
  EXPECT_FALSE(files_.exists(path_of(counted_tokens(600), 0, 256)));
  EXPECT_TRUE(files_.exists(path_of(counted_tokens(600, 1000), 0, 256)));
  EXPECT_EQ(user->prune({.bytes_max = 0}), disk / 2);
  user->settle();
  EXPECT_FALSE(files_.exists(path_of(counted_tokens(600, 1000), 0, 256)));
  EXPECT_EQ(user.found(counted_tokens(600, 1000)), 600u);  // in RAM
}

TEST_F(CacheDiskTest, AnotherProcessReadsWhatTheWriterWrites) {
  CacheUser writer(files_, CacheUser::options(plenty, plenty));
  writer->settle();
  CacheUser reader(files_, CacheUser::options(plenty, plenty));
  reader->settle();
  EXPECT_FALSE(reader->stats().writes);
  EXPECT_NE(reader->stats().problem, "");
  writer.store(counted_tokens(600));
  writer->settle();
  reader->settle();
  EXPECT_EQ(reader.restore(counted_tokens(600)).end, 600u);
  // Its own it keeps in RAM.
  EXPECT_EQ(reader.store(counted_tokens(600, 1000)), 600u);
  EXPECT_EQ(reader->stats().disk.pieces, 3u);
  reader->prune({.bytes_max = 0});
  reader->settle();
  EXPECT_EQ(writer->verify().wrong, 0u);
  EXPECT_EQ(writer->verify().pieces, 3u);
}

TEST_F(CacheDiskTest, ALoadThatIsGivenUpLeavesEverythingAsItWas) {
  const Tokens tokens = counted_tokens(3000);
  CacheUser(files_, CacheUser::options(plenty, plenty)).store(tokens);
  CacheUser user(files_, CacheUser::options(plenty, plenty));
  user->settle();
  files_.hold(DiskCall::read);
  auto found = user->find(CacheUser::fingerprint, tokens, true);
  auto load = user->load(found.prefix, 0, 3000, 0, [] {});
  found = {};
  EXPECT_FALSE(load->next());
  EXPECT_FALSE(load->done());
  load.reset();  // while a thread reads
  files_.release(DiskCall::read);
  EXPECT_EQ(user.restore(tokens).end, 3000u);
}

TEST_F(CacheDiskTest, OneThatIsInUseIsNotDeleted) {
  CacheUser user(files_, CacheUser::options(0, 1500));
  const Tokens tokens = counted_tokens(100);
  EXPECT_EQ(user.store(tokens, 300), 100u);
  const auto found = user->find(CacheUser::fingerprint, tokens, false);
  EXPECT_EQ(user.store(counted_tokens(100, 1000), 700), 0u);
  user->prune({.bytes_max = 0});
  EXPECT_EQ(user.restore_found(found, tokens, 0, 100, 0).end, 100u);
}

// Only how old things look depends on the clock: nothing is lost by its jumps, and what was used
// last stays longest, also while they last.
TEST_F(CacheDiskTest, AClockThatJumpsLosesNothing) {
  constexpr int64_t year_s = 365 * 24 * 60 * 60;
  const int64_t begin_s = 1'700'000'000;
  const auto options = CacheUser::options(plenty, 40'000);
  const Tokens kept = counted_tokens(300);
  for (const int64_t jump_s : {20 * year_s, -60 * year_s, year_s, -year_s}) {
    CacheUser user(files_, options, begin_s);
    user->settle();  // what the last round left is found while nothing is stored
    EXPECT_EQ(user.store(kept), kept.size());
    user->settle();
    user.now_s += jump_s;
    for (Token from = 10'000; from < 40'000; from += 1000) {
      EXPECT_EQ(user.store(counted_tokens(300, from), 900), 300u);
      EXPECT_EQ(user.restore(kept).end, kept.size()) << jump_s;
      user->settle();  // what has no room makes some
    }
    EXPECT_GT(user.metric(R"(anyclaude_kv_evictions_total{tier="disk"})"), 0u);
    user.close();
    CacheUser next(files_, options, begin_s);
    next->settle();
    EXPECT_EQ(next.restore(kept).end, kept.size()) << jump_s;
    EXPECT_EQ(next.store(counted_tokens(300, 50'000), 900), 300u);
    EXPECT_EQ(next->verify().wrong, 0u);
  }
}

}  // namespace
}  // namespace anyclaude
