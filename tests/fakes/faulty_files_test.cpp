// The bad days themselves; that it is a disk at all: src/base/files_test.cpp.
#include "fakes/faulty_files.h"
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace anyclaude {
namespace {

std::string text_of(const FaultyFiles& files, const char* path) {
  const auto bytes = files.contents(path);
  return {bytes.begin(), bytes.end()};
}

// A file with "safe" synced and "lost" not, under a name that is synced or not.
void write(FaultyFiles& files, bool sync_name) {
  ASSERT_TRUE(files.make_folder("/d"));
  const auto file = files.create("/d/a").value();
  ASSERT_TRUE(file->append(bytes_of("safe")));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(file->append(bytes_of("lost")));
  if (sync_name) {
    ASSERT_TRUE(files.sync_folder("/d"));
  }
}

TEST(FaultyFiles, ACrashLosesWhatWasNotSynced) {
  FaultyFiles files;
  write(files, true);
  files.crash(FaultyFiles::Unsynced::lost);
  files.restart();
  EXPECT_EQ(text_of(files, "/d/a"), "safe");

  FaultyFiles nameless;
  write(nameless, false);
  nameless.crash(FaultyFiles::Unsynced::lost);
  EXPECT_FALSE(nameless.exists("/d/a"));
  EXPECT_TRUE(nameless.exists("/d"));
}

TEST(FaultyFiles, AFolderThatIsMadeAgainIsThereAfterACrash) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    FaultyFiles files(seed);
    ASSERT_TRUE(files.make_folder("/a/b"));
    ASSERT_TRUE(files.remove_folder("/a/b"));
    ASSERT_TRUE(files.make_folder("/a/b"));
    files.put("/a/b/file", {1});
    files.crash();
    files.restart();
    EXPECT_TRUE(files.exists("/a/b/file"));
  }
}

TEST(FaultyFiles, AKilledProcessLosesNothing) {
  FaultyFiles files;
  write(files, false);
  files.crash(FaultyFiles::Unsynced::kept);
  EXPECT_EQ(text_of(files, "/d/a"), "safelost");
}

TEST(FaultyFiles, ACrashMayKeepAnyPartOfWhatWasNotSynced) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    FaultyFiles files(seed);
    write(files, false);
    files.crash();
    const std::string text = text_of(files, "/d/a");
    EXPECT_TRUE(text.empty() || text.starts_with("safe"));
    outcomes.insert(files.exists("/d/a") ? text : "none");
  }
  for (const char* one : {"none", "safe", "safelo", "safelost"}) {
    EXPECT_TRUE(outcomes.contains(one)) << one;
  }
  EXPECT_TRUE(outcomes.contains(std::string("safelo\0\0", 8)));
}

TEST(FaultyFiles, ARenameIsWholeOrNotAtAll) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    FaultyFiles files(seed);
    files.put("/d/new", {'n'});
    files.put("/d/old", {'o'});
    ASSERT_TRUE(files.rename("/d/new", "/d/old"));
    files.crash();
    outcomes.insert(text_of(files, "/d/new") + "," + text_of(files, "/d/old"));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"n,o", ",n"}));
}

TEST(FaultyFiles, NothingWorksBetweenCrashAndRestartNorWhatWasOpenBefore) {
  FaultyFiles files;
  write(files, true);
  const auto reader = files.open("/d/a").value();
  const auto writer = files.open_to_append("/d/a").value();
  const auto lock = files.try_lock("/d/lock").value();
  ASSERT_TRUE(files.sync_folder("/d"));
  files.crash();
  std::vector<uint8_t> byte(1);
  EXPECT_FALSE(files.open("/d/a"));
  EXPECT_FALSE(reader->read_at(0, byte));
  files.restart();
  EXPECT_TRUE(files.open("/d/a"));
  EXPECT_FALSE(reader->read_at(0, byte));
  EXPECT_FALSE(writer->append(bytes_of("ghost")));
  EXPECT_FALSE(lock->holds());
  EXPECT_TRUE(files.try_lock("/d/lock").value());
}

TEST(FaultyFiles, CrashesBehindTheCallThatWasNamed) {
  FaultyFiles files;
  ASSERT_TRUE(files.make_folder("/d"));
  files.crash_after(2, FaultyFiles::Unsynced::kept);
  const auto file = files.create("/d/a").value();
  EXPECT_FALSE(files.crashed());
  EXPECT_TRUE(file->append(bytes_of("x")));
  EXPECT_TRUE(files.crashed());
  EXPECT_FALSE(file->append(bytes_of("y")));
  EXPECT_EQ(text_of(files, "/d/a"), "x");
}

TEST(FaultyFiles, FillsUp) {
  FaultyFiles files;
  files.put("/d/a", {1, 2, 3});
  files.set_bytes_max(5);
  const auto file = files.create("/d/b").value();
  const auto full = file->append(bytes_of("1234"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, Error::Kind::overloaded);
  EXPECT_EQ(text_of(files, "/d/b"), "12");
  ASSERT_TRUE(files.remove("/d/a"));
  EXPECT_TRUE(file->append(bytes_of("345")));
}

TEST(FaultyFiles, FailsWhenTold) {
  FaultyFiles files;
  files.put("/d/a", {1, 2, 3});
  const auto file = files.open("/d/a").value();
  std::vector<uint8_t> out(3);
  files.fail_next(DiskCall::read, 1, 1);
  EXPECT_TRUE(file->read_at(0, out));
  EXPECT_EQ(file->read_at(0, out).error().kind, Error::Kind::io);
  EXPECT_TRUE(file->read_at(0, out));
  files.fail_often(DiskCall::read, 1);
  EXPECT_FALSE(file->read_at(0, out));
  EXPECT_EQ(files.calls(DiskCall::read), 4u);
  files.fail_often(DiskCall::read, 0);
  files.read_short(1);
  size_t bytes = 0;
  for (int i = 0; i < 20; ++i) bytes += file->read_at(0, out).value();
  EXPECT_LT(bytes, 60u);
}

TEST(FaultyFiles, AFailedSyncForgetsForGood) {
  FaultyFiles files;
  ASSERT_TRUE(files.make_folder("/d"));
  const auto file = files.create("/d/a").value();
  ASSERT_TRUE(files.sync_folder("/d"));
  ASSERT_TRUE(file->append(bytes_of("x")));
  files.fail_next(DiskCall::sync);
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());  // says the system, and lies
  files.crash(FaultyFiles::Unsynced::lost);
  EXPECT_EQ(text_of(files, "/d/a"), "");
}

TEST(FaultyFiles, HoldsCallsUntilTheyAreReleased) {
  FaultyFiles files;
  files.put("/d/a", {1});
  files.hold(DiskCall::rename);
  std::thread other([&] { EXPECT_TRUE(files.rename("/d/a", "/d/b")); });
  EXPECT_TRUE(files.exists("/d/a"));
  files.release(DiskCall::rename);
  other.join();
  EXPECT_TRUE(files.exists("/d/b"));
}

TEST(FaultyFiles, IsDamagedAndEmptiedFromOutside) {
  FaultyFiles files;
  files.put("/d/e/a", {1, 2});
  files.flip("/d/e/a", 1, 0x80);
  EXPECT_EQ(files.contents("/d/e/a"), (std::vector<uint8_t>{1, 0x82}));
  const auto lock = files.try_lock("/d/lock").value();
  files.remove_all("/d");
  EXPECT_FALSE(lock->holds());
  EXPECT_TRUE(files.all_files().empty());
  EXPECT_EQ(files.create("/d/a").error().kind, Error::Kind::not_found);
}

}  // namespace
}  // namespace anyclaude
