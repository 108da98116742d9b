#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "fakes/faulty_files.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

// What both the real disk and the one of tests promise.
class FilesTest : public testing::TestWithParam<const char*> {
 protected:
  FilesTest() : files_(GetParam() == std::string_view("real") ? real_files() : faulty_) {
    EXPECT_TRUE(files_.make_folder(folder_.path()));
  }

  std::filesystem::path at(std::string_view name) const { return folder_.path() / name; }
  void make(std::string_view name, std::string_view text) {
    ASSERT_TRUE(files_.create(at(name)).value()->append(bytes_of(text)));
  }
  std::string contents(const std::filesystem::path& path) {
    const auto file = files_.open(path).value();
    std::vector<uint8_t> bytes(file->size());
    EXPECT_EQ(file->read_at(0, bytes).value(), bytes.size());
    return {bytes.begin(), bytes.end()};
  }
  bool exists(const std::filesystem::path& path) { return files_.open(path).has_value(); }

  const TemporaryFolder folder_;
  FaultyFiles faulty_;
  Files& files_;
};

INSTANTIATE_TEST_SUITE_P(Disk, FilesTest, testing::Values("real", "faulty"));

TEST_P(FilesTest, ReadsFromAnyPlaceAndSaysHowMuchThereWas) {
  make("a", "0123456789");
  const auto file = files_.open(at("a")).value();
  EXPECT_EQ(file->size(), 10u);
  std::vector<uint8_t> out(4, 'x');
  EXPECT_EQ(file->read_at(3, out).value(), 4u);
  EXPECT_TRUE(std::ranges::equal(out, bytes_of("3456")));
  EXPECT_EQ(file->read_at(8, out).value(), 2u);
  EXPECT_TRUE(std::ranges::equal(out, bytes_of("8956")));
  EXPECT_EQ(file->read_at(10, out).value(), 0u);
  EXPECT_EQ(file->read_at(100, out).value(), 0u);
}

TEST_P(FilesTest, WritesNewFilesAndAtTheEndOfOldOnes) {
  {
    const auto file = files_.create(at("a")).value();
    ASSERT_TRUE(file->append(bytes_of("one")));
    ASSERT_TRUE(file->append(bytes_of(" two")));
    ASSERT_TRUE(file->sync());
  }
  EXPECT_EQ(contents(at("a")), "one two");
  EXPECT_FALSE(files_.create(at("a")));
  ASSERT_TRUE(files_.open_to_append(at("a")).value()->append(bytes_of(" three")));
  EXPECT_EQ(contents(at("a")), "one two three");
  ASSERT_TRUE(files_.open_to_append(at("b")).value()->append(bytes_of("new")));
  EXPECT_EQ(contents(at("b")), "new");
}

TEST_P(FilesTest, RenamesRemovesAndShortens) {
  make("a", "new");
  make("b", "old and longer");
  ASSERT_TRUE(files_.rename(at("a"), at("b")));
  EXPECT_EQ(contents(at("b")), "new");
  EXPECT_FALSE(exists(at("a")));
  ASSERT_TRUE(files_.truncate(at("b"), 2));
  EXPECT_EQ(contents(at("b")), "ne");
  ASSERT_TRUE(files_.remove(at("b")));
  EXPECT_FALSE(exists(at("b")));
  EXPECT_TRUE(files_.sync_folder(folder_.path()));
}

TEST_P(FilesTest, AbsenceHasItsOwnKindAndTheTextNamesThePath) {
  const auto opened = files_.open(at("no"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, Error::Kind::not_found);
  EXPECT_NE(opened.error().message.find(at("no").string()), std::string::npos);
  EXPECT_EQ(files_.create(at("no") / "a").error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.rename(at("no"), at("b")).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.remove(at("no")).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.truncate(at("no"), 0).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.list(at("no")).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.remove_folder(at("no")).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.sync_folder(at("no")).error().kind, Error::Kind::not_found);
  EXPECT_EQ(files_.try_lock(at("no") / "lock").error().kind, Error::Kind::not_found);
}

TEST_P(FilesTest, ListsNamesKindsAndSizes) {
  make("a", "12345");
  ASSERT_TRUE(files_.make_folder(at("b") / "inside"));
  auto entries = files_.list(folder_.path()).value();
  std::ranges::sort(entries, {}, &Files::Entry::name);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].bytes, 5u);
  EXPECT_GT(entries[0].modified_s, 0);
  EXPECT_FALSE(entries[0].is_folder);
  EXPECT_TRUE(entries[1].is_folder);
}

TEST_P(FilesTest, MakesFoldersWhereNoneAreAndRemovesEmptyOnes) {
  EXPECT_TRUE(files_.make_folder(at("a") / "b"));
  EXPECT_TRUE(files_.make_folder(at("a") / "b"));
  EXPECT_EQ(files_.remove_folder(at("a")).error().kind, Error::Kind::io);
  EXPECT_TRUE(files_.remove_folder(at("a") / "b"));
  make("file", "");
  EXPECT_EQ(files_.make_folder(at("file")).error().kind, Error::Kind::io);
  EXPECT_EQ(files_.make_folder(at("file") / "x").error().kind, Error::Kind::io);
}

TEST_P(FilesTest, OneHolderOfALockAndNoneOfADeletedOne) {
  auto first = files_.try_lock(at("lock")).value();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->holds());
  EXPECT_FALSE(files_.try_lock(at("lock")).value());
  ASSERT_TRUE(files_.remove(at("lock")));
  EXPECT_FALSE(first->holds());
  const auto second = files_.try_lock(at("lock")).value();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->holds());
  EXPECT_FALSE(first->holds());
  first.reset();
  EXPECT_FALSE(files_.try_lock(at("lock")).value());
}

// What only a file system has.
class RealFilesTest : public testing::Test {
 protected:
  std::filesystem::path at(std::string_view name) const { return folder_.path() / name; }
  void make(std::string_view name, std::string_view text) {
    ASSERT_TRUE(files_.create(at(name)).value()->append(bytes_of(text)));
  }

  const TemporaryFolder folder_;
  Files& files_ = real_files();
};

TEST_F(RealFilesTest, IsForItsOwnerAlone) {
  const mode_t mask = ::umask(0);
  EXPECT_TRUE(files_.make_folder(at("x") / "y"));
  EXPECT_TRUE(files_.create(at("x") / "a"));
  EXPECT_TRUE(files_.open_to_append(at("x") / "b"));
  EXPECT_TRUE(files_.try_lock(at("x") / "lock"));
  ::umask(mask);
  EXPECT_EQ(mode_of(at("x")), 0700u);
  EXPECT_EQ(mode_of(at("x") / "y"), 0700u);
  for (const char* name : {"a", "b", "lock"}) EXPECT_EQ(mode_of(at("x") / name), 0600u) << name;
}

TEST_F(RealFilesTest, OpensOnlyFilesAndNoLinks) {
  make("real", "secret");
  std::filesystem::create_symlink(at("real"), at("link"));
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_EQ(files_.open(at("link")).error().kind, Error::Kind::io);
  EXPECT_EQ(files_.open_to_append(at("link")).error().kind, Error::Kind::io);
  EXPECT_EQ(files_.try_lock(at("link")).error().kind, Error::Kind::io);
  EXPECT_EQ(files_.open(at("pipe")).error().kind, Error::Kind::io);
  EXPECT_EQ(files_.open(folder_.path()).error().kind, Error::Kind::io);
}

TEST_F(RealFilesTest, FollowsLinksToFoldersAndListsThemAsNoFolders) {
  ASSERT_TRUE(files_.make_folder(at("a")));
  std::filesystem::create_symlink(at("a"), at("link"));
  EXPECT_TRUE(files_.make_folder(at("link") / "c"));  // where users move their cache to
  EXPECT_TRUE(std::filesystem::is_directory(at("a") / "c"));
  const auto entries = files_.list(folder_.path()).value();
  for (const auto& entry : entries) {
    EXPECT_EQ(entry.is_folder, entry.name == "a") << entry.name;
    EXPECT_GT(entry.modified_s, 1'600'000'000);
  }
}

}  // namespace
}  // namespace anyclaude
