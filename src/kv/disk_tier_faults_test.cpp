// What the tier does when the disk does not do what it should: a failure is a miss, wrong bytes are
// never given out, and nothing that was told to be written is lost in a crash.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "fakes/disk_owner.h"
#include "fakes/faulty_files.h"
#include "fakes/pieces.h"
#include "kv/disk_tier.h"

namespace anyclaude {
namespace {

using Path = std::filesystem::path;

Path path_of(const PieceHead& head) {
  return Path("/cache") / to_hex(head.fingerprint) / print_piece_name(name_of(head));
}

TEST(DiskTierFaults, ACrashAtAnyPointLosesNothingThatWasWritten) {
  const auto pieces = make_conversation(1, 4);
  const auto more = make_conversation(2, 2);
  size_t survived = 0;
  bool crashed = true;
  for (uint64_t calls = 1; crashed; ++calls) {
    FaultyFiles files(calls);
    files.crash_after(calls);
    std::vector<TestPiece> written;
    {
      DiskOwner owner(files);
      owner.store(pieces);
      owner->settle();
      owner.remove(pieces[4].head);
      owner.store(more);
      owner->settle();
      crashed = files.crashed();
      for (const auto* set : {&pieces, &more}) {
        for (const TestPiece& piece : *set) {
          if (owner.knows(piece.head)) written.push_back(piece);
        }
      }
    }
    files.crash();  // after the snapshot, where it was not before
    files.restart();
    DiskOwner owner(files);
    owner->settle();
    EXPECT_EQ(owner.readable(written), written.size()) << "crash after " << calls << " calls";
    EXPECT_EQ(owner.readable(pieces) + owner.readable(more), owner.known());
    EXPECT_EQ(owner.wrong(), 0u);
    EXPECT_EQ(files.all_files().size(), owner.known() + 1 + (files.exists("/cache/index") ? 1 : 0));
    survived += written.size();
  }
  EXPECT_GT(survived, 100u);  // else nothing was proved
}

TEST(DiskTierFaults, AKilledProcessLosesNothing) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 4);
  DiskOwner killed(files);
  killed.store(pieces);
  killed->settle();
  files.crash(FaultyFiles::Unsynced::kept);
  killed.close();
  files.restart();
  DiskOwner owner(files);
  owner->settle();
  EXPECT_TRUE(owner->writes());
  EXPECT_EQ(owner.readable(pieces), 5u);
}

TEST(DiskTierFaults, WrongBytesAreAMissAndTheFileGoes) {
  const auto pieces = make_conversation(1, 2);
  const TestPiece& piece = pieces[1];
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    FaultyFiles files;
    DiskOwner owner(files);
    owner.store(pieces);
    owner->settle();
    DiskOwner reader(files);
    reader->settle();
    const Path path = path_of(piece.head);
    auto bytes = files.contents(path);
    if (i % 2 == 0) {
      files.flip(path, random() % bytes.size(), static_cast<uint8_t>(1u << random() % 8));
    } else {
      bytes.resize(random() % bytes.size());
      files.put(path, bytes);
    }
    EXPECT_FALSE(reader->read(piece.head));
    reader->settle();
    EXPECT_TRUE(files.exists(path));  // another's to delete
    EXPECT_FALSE(reader.knows(piece.head));
    EXPECT_EQ(reader.wrong(), 1u);
    EXPECT_FALSE(owner->read(piece.head));
    owner->settle();
    EXPECT_FALSE(files.exists(path));
    EXPECT_FALSE(owner.knows(piece.head));
    EXPECT_EQ(owner.metric("anyclaude_kv_verification_failures_total"), 1u);
    EXPECT_EQ(owner.readable(pieces), 2u);
    EXPECT_TRUE(owner.store(piece));
    owner->settle();
    EXPECT_EQ(owner.readable(pieces), 3u);
  }
}

TEST(DiskTierFaults, AnotherPieceUnderTheNameIsWrong) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 2);
  const auto others = make_conversation(2, 2);
  DiskOwner owner(files);
  owner.store(pieces);
  owner.store(others);
  owner->settle();
  files.put(path_of(pieces[1].head), files.contents(path_of(others[1].head)));
  EXPECT_FALSE(owner->read(pieces[1].head));
  owner->settle();
  EXPECT_EQ(owner.wrong(), 1u);
}

TEST(DiskTierFaults, FilesOfAnotherVersionGoWithoutAComplaint) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 1);
  {
    DiskOwner(files).store(pieces);
  }
  for (const Path& path : files.all_files()) {
    if (path.filename() != "lock") files.flip(path, 8, 0xff);  // the version's first byte
  }
  DiskOwner owner(files);
  owner->settle();
  EXPECT_EQ(owner.known(), 0u);
  EXPECT_EQ(owner.metric("anyclaude_kv_verification_failures_total"), 0u);
  EXPECT_FALSE(files.exists(path_of(pieces[0].head)));
}

TEST(DiskTierFaults, AFailingReadIsAMissAndTheSecondTakesThePieceOut) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 1);
  DiskOwner owner(files);
  owner.store(pieces);
  owner->settle();
  files.fail_next(DiskCall::read);
  EXPECT_EQ(owner->read(pieces[0].head).error().kind, Error::Kind::io);
  EXPECT_EQ(owner.readable(pieces), 2u);  // it has passed
  files.fail_next(DiskCall::read);
  EXPECT_FALSE(owner->read(pieces[0].head));
  owner->settle();
  EXPECT_FALSE(owner.knows(pieces[0].head));
  EXPECT_EQ(owner.wrong(), 0u);
  EXPECT_FALSE(files.exists(path_of(pieces[0].head)));
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_read_failures_total"), 2u);
}

TEST(DiskTierFaults, AFullDiskIsLeftInPeaceUntilItHasRoom) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 20);
  const uint64_t bytes = piece_file_bytes(pieces[0].head);
  files.set_bytes_max(5 * bytes);
  DiskOwner owner(files);
  owner.store(pieces);
  owner->settle();
  EXPECT_EQ(owner.known(), 5u);
  EXPECT_EQ(owner.lost(), 16u);  // taken, and not written after all
  EXPECT_EQ(owner.dropped("disk_full"), 16u);
  EXPECT_NE(owner->problem(), "");
  EXPECT_EQ(owner->bytes(), 5 * bytes);
  EXPECT_EQ(files.all_files().size(), 6u);  // and the lock; nothing half written
  files.set_bytes_max(7 * bytes);
  owner->settle();  // looks again
  EXPECT_EQ(owner.store({pieces[5]}), 1u);
  owner->settle();
  EXPECT_EQ(owner.known(), 6u);
  EXPECT_EQ(owner->problem(), "");
}

TEST(DiskTierFaults, WhatCannotBeWrittenLeavesNothingBehind) {
  const auto pieces = make_conversation(1, 1);
  for (const DiskCall call :
       {DiskCall::write, DiskCall::sync, DiskCall::rename, DiskCall::open, DiskCall::make_folder}) {
    for (uint32_t skipped = 0; skipped < 2; ++skipped) {
      FaultyFiles files;
      {
        DiskOwner owner(files);
        owner->settle();
        files.fail_next(call, 1, skipped);
        owner.store(pieces);
        owner.close();  // writes what is queued, and walks over no folder that would clean up
        EXPECT_EQ(owner.known() + owner.lost(), 2u);
        EXPECT_EQ(owner.dropped("io"), owner.lost());
        EXPECT_LE(owner.lost(), 1u);
        const size_t others = files.exists("/cache/index") ? 2 : 1;  // and the lock
        EXPECT_EQ(files.all_files().size(), owner.known() + others) << static_cast<int>(call);
      }
      DiskOwner owner(files);
      owner.store(pieces);
      owner->settle();
      EXPECT_EQ(owner.readable(pieces), 2u) << static_cast<int>(call);
      EXPECT_EQ(owner->problem(), "");
    }
  }
}

TEST(DiskTierFaults, ADeletedFolderIsMadeAnew) {
  FaultyFiles files;
  const auto old = make_conversation(1, 3);
  const auto fresh = make_conversation(2, 3);
  DiskOwner owner(files);
  owner.store(old);
  owner->settle();
  files.remove_all("/cache");
  EXPECT_EQ(owner->read(old[0].head).error().kind, Error::Kind::not_found);
  owner.store(fresh);
  owner->settle();
  EXPECT_TRUE(owner->writes());
  EXPECT_EQ(owner.readable(fresh), 4u);
  for (const TestPiece& piece : old) EXPECT_FALSE(owner.knows(piece.head));
  EXPECT_EQ(owner.lost(), 4u);
  EXPECT_EQ(owner.wrong(), 0u);
  files.remove_all(path_of(fresh[0].head).parent_path());  // only the inner one
  owner->settle();
  EXPECT_EQ(owner.known(), 0u);
  EXPECT_EQ(owner.store(fresh), 4u);
  owner->settle();
  EXPECT_EQ(owner.readable(fresh), 4u);
}

TEST(DiskTierFaults, AFolderThatCannotBeUsedIsTriedAgain) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 1);
  files.put("/cache", {1});  // a file stands in its place
  DiskOwner owner(files);
  EXPECT_FALSE(owner->writes());
  EXPECT_NE(owner->problem(), "");
  EXPECT_EQ(owner.store(pieces), 0u);
  EXPECT_EQ(owner.dropped("no_folder"), 2u);
  files.remove_all("/cache");
  owner->settle();
  EXPECT_TRUE(owner->writes());
  EXPECT_EQ(owner.store(pieces), 2u);
}

TEST(DiskTierFaults, AFolderThatCannotBeReadIsNotTakenForEmpty) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 3);
  {
    DiskOwner(files).store(pieces);
  }
  for (const uint32_t skipped : {0u, 1u}) {
    files.fail_next(DiskCall::list, 1, skipped);
    DiskOwner owner(files);
    owner->settle();
    EXPECT_EQ(owner.known(), 4u);
    EXPECT_EQ(owner.lost(), 0u);
  }
  // Nor are children deleted because their parent's head could not be read this time.
  ASSERT_TRUE(files.remove("/cache/index"));
  files.fail_next(DiskCall::read, 2);
  DiskOwner owner(files);
  owner->settle();
  owner->settle();
  EXPECT_EQ(owner.readable(pieces), 4u);
}

TEST(DiskTierFaults, ASnapshotThatCouldNotBeWrittenIsWrittenLater) {
  FaultyFiles files;
  DiskTier::Options options = DiskOwner::options();
  options.snapshot_time = std::chrono::milliseconds(0);
  DiskOwner owner(files, options);
  owner->settle();
  files.fail_next(DiskCall::rename, 1, 2);  // two pieces, then the index
  owner.store(make_conversation(1, 1));
  owner->settle();
  owner.close();
  EXPECT_TRUE(files.exists("/cache/index"));
  EXPECT_FALSE(files.exists("/cache/index.tmp"));
}

// Everything at once, for a long time. A failure prints the seed.
class Torture {
 public:
  explicit Torture(uint64_t seed) : random_(seed), files_(seed) {
    for (uint32_t i = 0; i < 6; ++i) conversations_.push_back(make_conversation(i, 6));
    options_ = DiskOwner::options();
    options_.bytes_max = 25 * piece_file_bytes(conversations_[0][0].head);
  }

  void run() {
    for (int life = 0; life < 6; ++life) {
      const bool crashes = random_() % 2 == 0;
      DiskOwner owner(files_, options_);
      fail(0.05);
      if (crashes) files_.crash_after(random_() % 60);
      for (int step = 0; step < 40; ++step) take_step(owner);
      fail(0);
      if (crashes) {
        files_.crash();
        owner.close();
        files_.restart();
      }
    }
    files_.set_bytes_max(UINT64_MAX);
    DiskOwner owner(files_, options_);
    owner->settle();
    count(owner);
    owner->settle();  // without what turned out to be wrong, and what stood behind it
    const size_t readable = count(owner);
    EXPECT_EQ(readable, owner.known());
    uint64_t bytes = 0;
    for (const Path& path : files_.all_files()) {
      if (parse_piece_name(path.filename().string())) bytes += files_.contents(path).size();
    }
    EXPECT_EQ(bytes, owner->bytes());
  }

 private:
  size_t count(DiskOwner& owner) const {
    size_t readable = 0;
    for (const auto& pieces : conversations_) readable += owner.readable(pieces);
    return readable;
  }

  void fail(double probability) {
    for (const DiskCall call : {DiskCall::open, DiskCall::read, DiskCall::write, DiskCall::sync,
                                DiskCall::rename, DiskCall::remove, DiskCall::list}) {
      files_.fail_often(call, probability);
    }
    files_.read_short(probability);
  }

  void take_step(DiskOwner& owner) {
    const auto& pieces = conversations_[random_() % conversations_.size()];
    const TestPiece& piece = pieces[random_() % pieces.size()];
    switch (random_() % 12) {
      case 0:
      case 1:
      case 2:
        owner.store(pieces);
        break;
      case 3:
        owner.remove(piece.head);
        break;
      case 4:
        owner->settle();
        break;
      case 5:
        files_.flip(path_of(piece.head), random_() % 400);
        break;
      case 6:
        files_.set_bytes_max(random_() % 2 == 0 ? UINT64_MAX : files_.bytes() + random_() % 500);
        break;
      case 7:
        if (random_() % 8 == 0) files_.remove_all("/cache");
        break;
      case 8:
        owner->used(piece.head.key, 1'700'000'000, 1);
        break;
      default:
        owner.readable(pieces);
        break;
    }
    EXPECT_LE(owner->bytes(), options_.bytes_max * 2);
  }

  std::mt19937_64 random_;
  FaultyFiles files_;
  std::vector<std::vector<TestPiece>> conversations_;
  DiskTier::Options options_;
};

TEST(DiskTierFaults, EverythingAtOnce) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Torture(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace anyclaude
