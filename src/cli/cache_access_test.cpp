#include "cli/cache_access.h"

#include <gtest/gtest.h>

#include <vector>

#include "cli/cache_options.h"
#include "fakes/temporary_folder.h"
#include "kv/note.h"

namespace anyclaude {
namespace {

// Without a server; with one: tests/end_to_end/test_cache.py.
class CacheAccessTest : public testing::Test {
 protected:
  CacheAccessTest() {
    config_.folders.config = folder_.path() / "config";
    config_.folders.runtime = folder_.path() / "runtime";
    config_.cache.folder = folder_.path() / "kv";
    config_.cache.disk_bytes = 1 << 20;
  }

  // Somebody who has the folder open, and has stored a prompt.
  std::unique_ptr<KvCache> other_process() {
    CacheOptions options = choose_cache_options(config_, {.memory_free_bytes = 1 << 30});
    auto cache = KvCache::open(real_files(), options, metrics_);
    const std::vector<Token> tokens(100, 7);
    const auto payload = std::make_shared<const std::vector<uint8_t>>(1000);
    EXPECT_TRUE(cache->store_range({1, 2}, tokens, 0, payload,
                                   {.note = encode_note({"model", "", "words"})}));
    cache->settle();
    return cache;
  }

  TemporaryFolder folder_;
  Config config_;
  Metrics metrics_;
};

TEST_F(CacheAccessTest, SaysWhenThereIsNothingAndMakesNoFolderForIt) {
  const auto access = open_cache(config_, false);
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().kind, Error::Kind::not_found);
  EXPECT_NE(access.error().message.find(config_.cache.folder.string()), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(config_.cache.folder));
}

TEST_F(CacheAccessTest, OpensTheFolderWhereNoServerRuns) {
  other_process().reset();
  const auto access = open_cache(config_, true);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ((*access)->where(), config_.cache.folder.string());
  const auto list = (*access)->list(10);
  ASSERT_EQ(list->prompts.size(), 1u);
  EXPECT_EQ(list->prompts[0].words, "words");
  EXPECT_TRUE((*access)->pin({.prompt = list->prompts[0].id}));
  EXPECT_TRUE((*access)->list(10)->prompts[0].pinned);
  EXPECT_EQ((*access)->prune({.model = "model"})->bytes, 0u);
  EXPECT_TRUE((*access)->pin({.prompt = list->prompts[0].id, .pinned = false}));
  EXPECT_GT((*access)->prune({.model = "model"})->bytes, 1000u);
  EXPECT_EQ((*access)->report()->disk.pieces, 0u);
}

TEST_F(CacheAccessTest, ReadsButDoesNotChangeWhatAnotherProcessWrites) {
  const auto other = other_process();
  const auto reading = open_cache(config_, false);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ((*reading)->list(10)->count, 1u);
  const auto changing = open_cache(config_, true);
  ASSERT_FALSE(changing);
  EXPECT_EQ(changing.error().kind, Error::Kind::overloaded);
  EXPECT_EQ(other->list().size(), 1u);
}

// What has no room on the disk would end with this process: that must not look like success.
TEST_F(CacheAccessTest, AnImportThatDoesNotFitFails) {
  other_process().reset();
  const std::string file = (folder_.path() / "prompt").string();
  {
    const auto access = open_cache(config_, false);
    ASSERT_TRUE(access);
    const std::string id = (*access)->list(1)->prompts.at(0).id;
    ASSERT_TRUE((*access)->export_prompt({.prompt = id, .path = file}, {}));
  }
  config_.cache.folder = folder_.path() / "small";
  config_.cache.disk_bytes = 500;
  const auto access = open_cache(config_, true);
  ASSERT_TRUE(access);
  const auto imported = (*access)->import_prompt({.path = file, .trust = true}, {});
  ASSERT_FALSE(imported);
  EXPECT_NE(imported.error().message.find("--cache-disk"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
