#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

void write_plainly(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path) << bytes;
}

TEST(File, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const std::string bytes = std::string("one\0two\n", 8) + std::string(100'000, 'x');
  ASSERT_TRUE(write_file(folder.path() / "a", bytes));
  EXPECT_EQ(read_file(folder.path() / "a", 1 << 20).value(), bytes);
}

TEST(File, IsForItsOwnerAlone) {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(0);
  ASSERT_TRUE(write_file(folder.path() / "a", "secret"));
  ::umask(mask);
  EXPECT_EQ(mode_of(folder.path() / "a"), 0600u);
}

TEST(File, ReplacesAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "a", "old and longer"));
  ASSERT_TRUE(write_file(folder.path() / "a", "new"));
  EXPECT_EQ(read_file(folder.path() / "a", 100).value(), "new");
  EXPECT_EQ(list_folder(folder.path()).size(), 1u);
}

TEST(File, FailedWriteKeepsTheOldBytesAndNoTemporary) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "a");
  write_plainly(folder.path() / "a" / "inside", "kept");
  const auto written = write_file(folder.path() / "a", "new");  // a folder cannot be replaced
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::io);
  EXPECT_EQ(list_folder(folder.path()).size(), 1u);
  EXPECT_EQ(read_file(folder.path() / "a" / "inside", 100).value(), "kept");
}

TEST(File, LimitIsInclusive) {
  const TemporaryFolder folder;
  write_plainly(folder.path() / "a", "12345");
  EXPECT_EQ(read_file(folder.path() / "a", 5).value(), "12345");
  const auto longer = read_file(folder.path() / "a", 4);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().kind, Error::Kind::too_large);
}

TEST(File, AbsenceHasItsOwnKind) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_file(folder.path() / "no", 5).error().kind, Error::Kind::not_found);
  EXPECT_EQ(remove_file(folder.path() / "no").error().kind, Error::Kind::not_found);
  EXPECT_EQ(write_file(folder.path() / "no" / "a", "x").error().kind, Error::Kind::not_found);
}

TEST(File, HeadIsItsFirstBytes) {
  const TemporaryFolder folder;
  write_plainly(folder.path() / "a", "first line\n" + std::string(100'000, 'x'));
  EXPECT_EQ(read_head(folder.path() / "a", 5), "first");
  EXPECT_EQ(read_head(folder.path() / "a", 1 << 20).size(), 100'011u);
  EXPECT_EQ(read_head(folder.path() / "none", 5), "");
}

TEST(File, TailBeginsAtALine) {
  const TemporaryFolder folder;
  write_plainly(folder.path() / "log", "first line\nsecond\nthird\n");
  EXPECT_EQ(read_tail(folder.path() / "log", 16), "second\nthird\n");
  EXPECT_EQ(read_tail(folder.path() / "log", 1000), "first line\nsecond\nthird\n");
  EXPECT_EQ(read_tail(folder.path() / "none", 16), "");
}

TEST(ListFolder, IsSortedAndEmptyWhereThereIsNone) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", "c"}) write_plainly(folder.path() / name, "");
  EXPECT_EQ(list_folder(folder.path()),
            (std::vector<std::filesystem::path>{folder.path() / "a", folder.path() / "b",
                                                folder.path() / "c"}));
  EXPECT_TRUE(list_folder(folder.path() / "none").empty());
}

TEST(PrivateFolder, IsMadeWithThoseAboveIt) {
  const TemporaryFolder folder;
  ASSERT_TRUE(make_private_folder(folder.path() / "a" / "b"));
  EXPECT_EQ(mode_of(folder.path() / "a" / "b"), 0700u);
}

TEST(PrivateFolder, LosesTheRightsOfOthers) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "a");
  ASSERT_EQ(::chmod((folder.path() / "a").c_str(), 0755), 0);
  ASSERT_TRUE(make_private_folder(folder.path() / "a"));
  EXPECT_EQ(mode_of(folder.path() / "a"), 0700u);
}

TEST(PrivateFolder, IsNeverALinkOrAFile) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "real");
  std::filesystem::create_symlink(folder.path() / "real", folder.path() / "link");
  write_plainly(folder.path() / "file", "");
  EXPECT_EQ(make_private_folder(folder.path() / "link").error().kind, Error::Kind::permission);
  EXPECT_EQ(make_private_folder(folder.path() / "file").error().kind, Error::Kind::permission);
}

TEST(FileLock, ExcludesUntilItIsGone) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  {
    auto first = FileLock::try_take(path);
    ASSERT_TRUE(first && *first);
    auto second = FileLock::try_take(path);
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second);
    const FileLock moved = std::move(**first);
    EXPECT_FALSE(*FileLock::try_take(path));
  }
  EXPECT_TRUE(*FileLock::try_take(path));
  EXPECT_TRUE(FileLock::take(path));
  EXPECT_FALSE(FileLock::try_take(folder.path() / "no" / "lock"));
}

}  // namespace
}  // namespace anyclaude
