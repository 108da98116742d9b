// What the tier does on good days; the bad ones: disk_tier_faults_test.cpp.
#include "kv/disk_tier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fakes/disk_owner.h"
#include "fakes/faulty_files.h"
#include "fakes/pieces.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using Path = std::filesystem::path;

Path path_of(const PieceHead& head, const Path& folder = "/cache") {
  return folder / to_hex(head.fingerprint) / print_piece_name(name_of(head));
}

TEST(DiskTier, GivesBackWhatItTook) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 5);
  DiskOwner owner(files);
  EXPECT_TRUE(owner->writes());
  EXPECT_EQ(owner->problem(), "");
  EXPECT_EQ(owner.store(pieces), 6u);
  EXPECT_EQ(owner.readable(pieces), 6u);  // out of the queue or from the disk
  owner->settle();
  EXPECT_EQ(owner.known(), 6u);
  EXPECT_EQ(owner.readable(pieces), 6u);
  uint64_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece_file_bytes(piece.head);
  EXPECT_EQ(owner->bytes(), bytes);
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_bytes"), bytes);
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_pieces"), 6u);
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_written_bytes_total"), bytes);
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_write_seconds_count"), 6u);
  EXPECT_GE(owner.metric("anyclaude_kv_disk_read_seconds_count"), 6u);
}

TEST(DiskTier, KnowsNextTimeWhatItHadAndWhenItWasUsed) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 5);
  {
    DiskOwner owner(files);
    owner.store(pieces);
    owner->used(pieces[2].head.key, 1'700'000'123, 4);
  }
  DiskOwner owner(files);
  owner->settle();
  ASSERT_EQ(owner.found().size(), 6u);
  for (const auto& known : owner.found()) {
    if (known.head->key != pieces[2].head.key) continue;
    EXPECT_EQ(*known.head, pieces[2].head);
    EXPECT_EQ(known.last_used_s, 1'700'000'123);
    EXPECT_EQ(known.hits, 4u);
  }
  EXPECT_EQ(owner.readable(pieces), 6u);
}

TEST(DiskTier, ReadsTheFolderWhereTheSnapshotIsLostOrWrong) {
  const auto pieces = make_conversation(1, 40);
  for (const char* what : {"lost", "damaged", "of another version", "half"}) {
    FaultyFiles files;
    {
      DiskOwner(files).store(pieces);
    }
    auto index = files.contents("/cache/index");
    ASSERT_GT(index.size(), 1000u);
    if (what == std::string("lost")) {
      ASSERT_TRUE(files.remove("/cache/index"));
    }
    if (what == std::string("damaged")) files.flip("/cache/index", 500);
    if (what == std::string("of another version")) files.flip("/cache/index", 8);
    if (what == std::string("half")) {
      index.resize(index.size() / 2);
      files.put("/cache/index", index);
    }
    DiskOwner owner(files);
    owner->settle();
    EXPECT_EQ(owner.found().size(), 41u) << what;
    EXPECT_EQ(owner.readable(pieces), 41u) << what;
  }
}

TEST(DiskTier, ReadsNoFileOfWhatTheSnapshotKnows) {
  FaultyFiles files;
  {
    DiskOwner(files).store(make_conversation(1, 40));
  }
  const uint64_t before = files.calls(DiskCall::read);
  DiskOwner owner(files);
  owner->settle();
  EXPECT_EQ(owner.found().size(), 41u);
  EXPECT_EQ(files.calls(DiskCall::read), before + 1);
}

TEST(DiskTier, DropsWhatIsGoneAndFindsWhatIsNew) {
  FaultyFiles files;
  const auto old = make_conversation(1, 5);
  const auto other = make_conversation(2, 3);
  {
    DiskOwner(files).store(old);
  }
  const auto index = files.contents("/cache/index");
  {
    DiskOwner(files).store(other);
  }
  files.put("/cache/index", index);  // as it was before `other`
  ASSERT_TRUE(files.remove(path_of(old[3].head)));
  DiskOwner owner(files);
  owner->settle();
  EXPECT_EQ(owner.readable(other), 4u);
  EXPECT_EQ(owner.readable(old), 3u);
  for (const auto& piece : old) {
    EXPECT_EQ(owner.knows(piece.head), piece.head.begin < 48 && piece.head.end <= 48);
  }
  // What stood behind the gap could never be found by its tokens.
  EXPECT_FALSE(files.exists(path_of(old[4].head)));
  EXPECT_FALSE(files.exists(path_of(old[5].head)));
}

// The tokens in front of a point may be cut otherwise by the time it is stored again.
TEST(DiskTier, StoresAPieceBehindAnotherOneAnew) {
  FaultyFiles files;
  const auto old = make_conversation(1, 2);
  std::vector<Token> tokens = old[0].head.tokens;
  tokens.insert(tokens.end(), old[1].head.tokens.begin(), old[1].head.tokens.end());
  const TestPiece whole = make_piece(PieceKind::range, {7, 7}, {}, tokens, 0, 300);
  TestPiece point = old[2];
  point.head.parent = whole.head.key;
  {
    DiskOwner(files).store(old);
  }
  {
    DiskOwner owner(files);
    owner->settle();
    EXPECT_TRUE(owner->has(old[2].head));
    EXPECT_FALSE(owner->has(point.head));
    EXPECT_EQ(owner.store({whole, point}), 2u);
    EXPECT_FALSE(owner->has(old[2].head));
    EXPECT_TRUE(owner->has(point.head));
    const uint64_t bytes = owner->bytes();
    owner->settle();
    EXPECT_EQ(owner->bytes(), bytes);
    owner.remove(old[1].head);
    owner.remove(old[0].head);
  }
  DiskOwner owner(files);
  owner->settle();
  EXPECT_EQ(owner.readable({whole, point}), 2u);
  EXPECT_EQ(owner.known(), 2u);
}

TEST(DiskTier, RemovingWhatIsToBeWrittenAnewDeletesTheOldFile) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 2);
  TestPiece moved = pieces[2];
  moved.head.parent = pieces[0].head.key;
  {
    DiskOwner(files).store(pieces);
  }
  DiskOwner owner(files);
  owner->settle();
  files.hold(DiskCall::open);  // the new file is not begun
  EXPECT_TRUE(owner.store(make_conversation(2, 1).front()));
  EXPECT_TRUE(owner.store(moved));
  owner.remove(moved.head);
  files.release(DiskCall::open);
  owner->settle();
  EXPECT_FALSE(files.exists(path_of(moved.head)));
}

// Else it would be found beside what was stored in its place.
TEST(DiskTier, WhatWasRemovedStaysSoInACrash) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 3);
  {
    DiskOwner owner(files);
    owner.store(pieces);
    owner->settle();
    owner.remove(pieces[3].head);
    owner->settle();
    files.crash(FaultyFiles::Unsynced::lost);
  }
  files.restart();
  EXPECT_FALSE(files.exists(path_of(pieces[3].head)));
  EXPECT_TRUE(files.exists(path_of(pieces[2].head)));
}

TEST(DiskTier, DeletesItsOwnLeftoversAndNothingElse) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 2);
  {
    DiskOwner(files).store(pieces);
  }
  const Path folder = path_of(pieces[0].head).parent_path();
  const Path key = path_of(pieces[0].head);
  const Path empty = Path("/cache") / to_hex({1, 1});
  const std::vector<Path> ours = {
      key.string() + ".tmp", folder / (to_hex({5, 5}) + ".range"),                   // no piece
      folder / (to_hex({6, 6}) + ".point.tmp"),                                      // half written
      "/cache/index.tmp",                                                            // the same
      Path("/cache") / to_hex({9, 9}) / print_piece_name(name_of(pieces[0].head))};  // moved here
  for (const Path& path : ours) files.put(path, files.contents(key));
  const std::vector<Path> foreign = {
      "/cache/notes.txt", "/cache/thesis.tmp",     folder / "letter.range",
      folder / "a.tmp",   "/cache/photos/1.point", folder / "sub" / (to_hex({5, 5}) + ".range")};
  for (const Path& path : foreign) files.put(path, {1, 2, 3});
  ASSERT_TRUE(files.make_folder(empty));
  DiskOwner owner(files);
  owner->settle();
  for (const Path& path : ours) EXPECT_FALSE(files.exists(path)) << path;
  for (const Path& path : foreign) EXPECT_TRUE(files.exists(path)) << path;
  EXPECT_FALSE(files.exists(empty));
  EXPECT_EQ(owner.readable(pieces), 3u);
}

TEST(DiskTier, RemovesAndTakesBack) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 3);
  DiskOwner owner(files);
  owner.store(pieces);
  owner->settle();
  owner.remove(pieces[3].head);
  EXPECT_FALSE(owner->read(pieces[3].head));
  owner->settle();
  EXPECT_FALSE(files.exists(path_of(pieces[3].head)));
  EXPECT_TRUE(files.exists(path_of(pieces[2].head)));
  EXPECT_TRUE(owner.store(pieces[3]));
  owner->settle();
  EXPECT_EQ(owner.readable(pieces), 4u);
}

TEST(DiskTier, WhatIsRemovedBeforeItIsWrittenIsNotThere) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 3);
  DiskOwner owner(files);
  owner->settle();
  files.hold(DiskCall::sync);
  owner.store(pieces);  // the first is being written, the others wait
  owner.remove(pieces[3].head);
  owner.remove(pieces[2].head);
  owner.remove(pieces[0].head);
  EXPECT_TRUE(owner.store(pieces[0]));  // once more
  files.release(DiskCall::sync);
  owner->settle();
  EXPECT_EQ(owner.readable(pieces), 2u);
  EXPECT_TRUE(files.exists(path_of(pieces[0].head)));
  EXPECT_TRUE(files.exists(path_of(pieces[1].head)));
  EXPECT_FALSE(files.exists(path_of(pieces[2].head)));
  EXPECT_EQ(owner->bytes(), piece_file_bytes(pieces[0].head) + piece_file_bytes(pieces[1].head));
}

TEST(DiskTier, NeitherCallersNorReadersWaitForTheDisk) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 20);
  DiskTier::Options options = DiskOwner::options();
  options.queue_bytes_max = 5 * piece_file_bytes(pieces[0].head);
  DiskOwner owner(files, options);
  owner->settle();
  files.hold(DiskCall::sync);
  const size_t taken = owner.store(pieces);
  EXPECT_EQ(taken, 5u);
  EXPECT_EQ(owner.dropped("queue_full"), 16u);
  EXPECT_EQ(owner.readable(pieces), 5u);
  files.release(DiskCall::sync);
  owner->settle();
  EXPECT_EQ(owner.known(), 5u);
  EXPECT_EQ(owner.metric("anyclaude_kv_disk_queue_bytes"), 0u);
  EXPECT_EQ(owner.store({pieces[5]}), 1u);
}

TEST(DiskTier, NeverHoldsMoreThanItMay) {
  FaultyFiles files;
  const auto pieces = make_conversation(1, 20);
  DiskTier::Options options = DiskOwner::options();
  options.bytes_max = 5 * piece_file_bytes(pieces[0].head);
  DiskOwner owner(files, options);
  EXPECT_EQ(owner.store(pieces), 5u);
  EXPECT_EQ(owner.dropped("no_room"), 16u);
  owner->settle();
  EXPECT_EQ(owner.store({pieces[5]}), 0u);
  owner.remove(pieces[4].head);
  EXPECT_EQ(owner.store({pieces[5]}), 1u);
  owner->settle();
  EXPECT_LE(files.bytes(), options.bytes_max);
}

TEST(DiskTier, ADaysBudgetOutlivesTheProcessAndNotTheDay) {
  FaultyFiles files;
  std::atomic<int64_t> now_s = 1'700'000'000;
  const auto pieces = make_conversation(1, 20);
  DiskTier::Options options = DiskOwner::options();
  options.bytes_per_day_max = 8 * piece_file_bytes(pieces[0].head);
  options.now_s = [&] { return now_s.load(); };
  {
    DiskOwner owner(files, options);
    EXPECT_EQ(owner.store({pieces.begin(), pieces.begin() + 4}), 4u);
  }
  {
    DiskOwner owner(files, options);
    owner->settle();
    const std::vector<TestPiece> more(pieces.begin() + 4, pieces.begin() + 10);
    EXPECT_EQ(owner.store(more), 4u);
    EXPECT_EQ(owner.dropped("day_budget"), 2u);
  }
  now_s += 24 * 60 * 60;
  {
    DiskOwner owner(files, options);
    owner->settle();
    EXPECT_EQ(owner.store({pieces.begin() + 10, pieces.begin() + 14}), 4u);
  }
  // A clock that was far ahead for a while, and one that goes back.
  for (const int64_t jump : {1'000'000'000ll, -1'500'000'000ll}) {
    now_s += jump;
    DiskOwner owner(files, options);
    owner->settle();
    EXPECT_EQ(owner.store({pieces.begin() + 14, pieces.begin() + 17}), 3u);
    owner->settle();
    for (size_t i = 14; i < 17; ++i) owner.remove(pieces[i].head);
  }
}

TEST(DiskTier, NothingIsWrittenWithoutBytes) {
  FaultyFiles files;
  DiskTier::Options options = DiskOwner::options();
  options.bytes_max = 0;
  {
    DiskOwner owner(files, options);
    EXPECT_EQ(owner.store(make_conversation(1, 2)), 0u);
    EXPECT_FALSE(owner->writes());
    owner->settle();
  }
  EXPECT_TRUE(files.all_files().empty());
}

TEST(DiskTier, RefusesPiecesThatItCouldNotReadAgain) {
  FaultyFiles files;
  DiskOwner owner(files);
  TestPiece piece = make_conversation(1, 1)[0];
  piece.head.end += 1;
  EXPECT_FALSE(owner.store(piece));
  piece.head.end -= 1;
  piece.head.payload_bytes += 1;
  EXPECT_FALSE(owner.store(piece));
  EXPECT_EQ(owner.dropped("invalid"), 2u);
}

TEST(DiskTier, APieceMayBeEmpty) {
  FaultyFiles files;
  TestPiece piece = make_piece(PieceKind::range, {1, 1}, {}, {1, 2, 3}, 0, 0);
  DiskOwner owner(files);
  EXPECT_TRUE(owner->store(std::make_shared<const PieceHead>(piece.head), nullptr));
  owner->settle();
  const auto payload = owner->read(piece.head);
  ASSERT_TRUE(payload);
  EXPECT_TRUE((*payload)->empty());
}

TEST(DiskTier, OneProcessWritesAndTheOthersFollow) {
  FaultyFiles files;
  const auto first = make_conversation(1, 3);
  const auto second = make_conversation(2, 3);
  auto writer = std::make_unique<DiskOwner>(files);
  DiskOwner reader(files);
  EXPECT_TRUE((*writer)->writes());
  EXPECT_FALSE(reader->writes());
  EXPECT_NE(reader->problem(), "");
  EXPECT_EQ(reader.store(second), 0u);
  EXPECT_EQ(reader.dropped("not_writer"), 4u);
  writer->store(first);
  (*writer)->settle();
  reader->settle();
  EXPECT_EQ(reader.found().size(), 4u);
  EXPECT_EQ(reader.readable(first), 4u);
  // It may not delete, and does not hear again of what it does not want.
  reader.remove(first[3].head);
  reader->settle();
  EXPECT_EQ(reader.found().size(), 4u);
  EXPECT_EQ(writer->readable(first), 4u);
  // What the writer has deleted is gone for both.
  writer->remove(first[2].head);
  (*writer)->settle();
  reader->settle();
  EXPECT_FALSE(reader.knows(first[2].head));
  // The writer ends; another takes over.
  writer.reset();
  reader->settle();
  EXPECT_TRUE(reader->writes());
  EXPECT_EQ(reader->problem(), "");
  EXPECT_EQ(reader.store(second), 4u);
  reader->settle();
  EXPECT_EQ(reader.readable(second), 4u);
  EXPECT_FALSE(files.exists(path_of(first[3].head)));
}

TEST(DiskTier, ReadsAndStoresWhileTheFolderIsRead) {
  FaultyFiles files;
  const auto old = make_conversation(1, 10);
  const auto fresh = make_conversation(2, 10);
  {
    DiskOwner(files).store(old);
  }
  ASSERT_TRUE(files.remove("/cache/index"));
  files.hold(DiskCall::list);
  DiskOwner owner(files);
  EXPECT_EQ(owner.store(fresh), 11u);
  EXPECT_EQ(owner.readable(fresh), 11u);
  files.release(DiskCall::list);
  owner->settle();
  EXPECT_EQ(owner.readable(old), 11u);
  EXPECT_EQ(owner.readable(fresh), 11u);
}

TEST(DiskTier, WorksOnTheRealDisk) {
  const TemporaryFolder folder;
  const auto pieces = make_conversation(1, 10, 100'000);
  DiskTier::Options options = DiskOwner::options();
  options.folder = folder.path() / "deep" / "kv";
  {
    EXPECT_EQ(DiskOwner(real_files(), options).store(pieces), 11u);
  }
  DiskOwner owner(real_files(), options);
  owner->settle();
  EXPECT_EQ(owner.found().size(), 11u);
  EXPECT_EQ(owner.readable(pieces), 11u);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] { EXPECT_EQ(owner.readable(pieces), 11u); });
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace anyclaude
