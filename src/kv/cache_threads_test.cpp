// Several threads at one cache, for the thread sanitizer.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "fakes/cache_user.h"

namespace anyclaude {
namespace {

constexpr int rounds = 150;

Tokens any_prompt(std::mt19937_64& random) {
  Tokens tokens = counted_tokens(static_cast<uint32_t>(random() % 300));
  return joined(tokens, counted_tokens(static_cast<uint32_t>(random() % 600),
                                       static_cast<Token>(1000 * (1 + random() % 8))));
}

TEST(CacheThreads, FindStoreLoadAndPruneAtOnce) {
  FaultyFiles files;
  CacheUser user(files, CacheUser::options(3000, 100'000));
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 2; ++seed) {
    threads.emplace_back([&user, seed] {
      std::mt19937_64 random(seed);
      for (int i = 0; i < rounds; ++i) {
        const Tokens tokens = any_prompt(random);
        const uint32_t end = user.store(tokens);
        user.store_point(Tokens(tokens.begin(), tokens.begin() + end));
        user->pin(CacheUser::fingerprint, tokens, static_cast<uint32_t>(random() % 3));
        if (i % 16 == 0) ++user.now_s;
      }
    });
  }
  for (uint64_t seed = 2; seed < 4; ++seed) {
    threads.emplace_back([&user, seed] {
      std::mt19937_64 random(seed);
      for (int i = 0; i < rounds; ++i) {
        const Tokens tokens = any_prompt(random);
        const auto found = user->find(CacheUser::fingerprint, tokens, true);
        if (!found.prefix) continue;
        const auto restored = user.restore_found(found, tokens, 0, found.ranges_end, 0);
        EXPECT_FALSE(restored.failed);
        EXPECT_EQ(restored.end, found.ranges_end);
      }
    });
  }
  threads.emplace_back([&user] {
    for (int i = 0; i < rounds / 10; ++i) {
      user->list();
      user->prune({.bytes_max = 50'000});
      EXPECT_EQ(user->verify().wrong, 0u);
      const auto stats = user->stats();
      EXPECT_LE(stats.ram.bytes, 3000u);
      EXPECT_LE(stats.disk.bytes, 100'000u);
    }
  });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace anyclaude
