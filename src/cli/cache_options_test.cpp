#include "cli/cache_options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

constexpr uint64_t gibi = 1ull << 30;

TEST(CacheOptions, AreChosenFromTheMachine) {
  Config config;
  config.folders.cache = "/c";
  const Machine machine{
      .memory_free_bytes = 20 * gibi, .disk_free_bytes = 50 * gibi, .model_bytes = 4 * gibi};
  const CacheOptions chosen = choose_cache_options(config, machine);
  EXPECT_EQ(chosen.ram_bytes_max, 4 * gibi);
  EXPECT_EQ(chosen.disk.folder, "/c/kv");
  EXPECT_EQ(chosen.disk.bytes_max, 5 * gibi);
  EXPECT_EQ(chosen.disk.bytes_per_day_max, 64 * gibi);
  const Machine large{.memory_free_bytes = 2000 * gibi, .disk_free_bytes = 2000 * gibi};
  EXPECT_EQ(choose_cache_options(config, large).ram_bytes_max, 16 * gibi);
  EXPECT_EQ(choose_cache_options(config, large).disk.bytes_max, 20 * gibi);
  const Machine small{.memory_free_bytes = gibi, .model_bytes = 4 * gibi};
  EXPECT_EQ(choose_cache_options(config, small).ram_bytes_max, 64ull << 20);
}

TEST(CacheOptions, DoNotShrinkByWhatTheCacheHasTaken) {
  Config config;
  const Machine empty{.disk_free_bytes = 50 * gibi};
  const Machine filled{.disk_free_bytes = 47 * gibi, .cache_bytes = 3 * gibi};
  EXPECT_EQ(choose_cache_options(config, empty).disk.bytes_max,
            choose_cache_options(config, filled).disk.bytes_max);
}

TEST(CacheOptions, AreWhatTheUserHasSet) {
  Config config;
  config.cache = {.folder = "/elsewhere", .ram_bytes = 1, .disk_bytes = 2, .bytes_per_day = 3};
  const CacheOptions set = choose_cache_options(config, {});
  EXPECT_EQ(set.ram_bytes_max, 1u);
  EXPECT_EQ(set.disk.folder, "/elsewhere");
  EXPECT_EQ(set.disk.bytes_max, 2u);
  EXPECT_EQ(set.disk.bytes_per_day_max, 3u);
  config.cache.no_disk = true;
  EXPECT_EQ(choose_cache_options(config, {}).disk.folder, "");
}

TEST(CacheOptions, LookAtTheDisk) {
  TemporaryFolder folder;
  const auto cache = folder.path() / "not" / "there";
  const Machine before = measure_machine(cache, 7);
  EXPECT_GT(before.disk_free_bytes, 0u);
  EXPECT_GT(before.memory_free_bytes, 0u);
  EXPECT_EQ(before.model_bytes, 7u);
  EXPECT_EQ(before.cache_bytes, 0u);
  std::filesystem::create_directories(cache / "below");
  std::ofstream(cache / "one") << "12345";
  std::ofstream(cache / "below" / "two") << "678";
  EXPECT_EQ(measure_machine(cache, 0).cache_bytes, 8u);
}

}  // namespace
}  // namespace anyclaude
