#include "prompt/echo_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

#include "base/bytes.h"

namespace anyclaude {
namespace {

EchoName name(int number) { return echo_begin(std::to_string(number)); }

SampledAnswer answer(std::vector<int32_t> tokens, bool thinking = false) {
  return {.tokens = std::move(tokens), .thinking = thinking};
}

TEST(EchoTable, GivesAnswersBackUnderEachOfTheirNames) {
  EchoTable table;
  table.add({name(1), name(2)}, answer({5, 6}, true));
  ASSERT_TRUE(table.find(name(1)));
  EXPECT_EQ(*table.find(name(2)), answer({5, 6}, true));
  EXPECT_FALSE(table.find(name(3)));
  table.add({name(1)}, answer({7}));
  EXPECT_EQ(*table.find(name(1)), answer({7}));
  table.add({name(1)}, answer({}));  // no answer
  EXPECT_EQ(*table.find(name(1)), answer({7}));
}

TEST(EchoTable, ForgetsThoseThatNobodyLookedAt) {
  EchoTable table(10'000);
  for (int i = 0; i < 200; ++i) {
    table.add({name(i)}, answer(std::vector<int32_t>(50, i)));
    ASSERT_LE(table.bytes(), 10'000u);
    ASSERT_TRUE(table.find(name(0)));  // looked at again and again
  }
  EXPECT_TRUE(table.find(name(199)));
  EXPECT_FALSE(table.find(name(1)));
  table.add({name(500)}, answer(std::vector<int32_t>(10'000, 1)));  // fits nowhere
  EXPECT_LE(table.bytes(), 10'000u);
}

TEST(EchoTable, OutlivesItsProcess) {
  std::map<std::string, std::vector<uint8_t>> written;
  EchoTable table;
  table.set_writer([&](std::string_view key, std::span<const uint8_t> value) {
    written[std::string(key)].assign(value.begin(), value.end());
  });
  auto large = answer({0, 1, 127, 128, 16'383, 16'384, 262'143, INT32_MAX}, true);
  large.call_ids = {"functions.Read:0", ""};
  table.add({name(1), name(2)}, large);
  EXPECT_EQ(written.size(), 2u);
  EchoTable later;
  for (const auto& [key, value] : written) later.restore(key, value);
  ASSERT_TRUE(later.find(name(1)));
  EXPECT_EQ(*later.find(name(1)), large);
  EXPECT_EQ(*later.find(name(2)), large);
}

TEST(EchoTable, LeavesOutWhatIsNoRecord) {
  EchoTable table;
  const auto good = encode_answer(answer({300}));
  table.restore("short key", good);
  std::mt19937 random(3);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<uint8_t> bytes(random() % 12);
    for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
    if (round % 2 == 0 && bytes.size() >= 3) {
      bytes[0] = 1;
      bytes[1] = 0;
      bytes[2] %= 3;
    }
    const auto decoded = decode_answer(bytes);
    if (!decoded) continue;
    EXPECT_FALSE(decoded->tokens.empty());
    for (const int32_t token : decoded->tokens) EXPECT_GE(token, 0);
  }
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(decode_answer(std::span(good).first(length))) << length;
  }
  auto newer = good;
  newer[0] = 2;
  EXPECT_FALSE(decode_answer(newer));
  EXPECT_EQ(table.bytes(), 0u);
}

TEST(EchoTable, ServesManyThreads) {
  EchoTable table(20'000);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (int i = 0; i < 500; ++i) {
        table.add({name(i % 50), name(100 + t)}, answer({i, t}));
        const auto found = table.find(name(i % 50));
        EXPECT_TRUE(!found || found->tokens.size() == 2);
      }
    });
  }
  threads.clear();
  EXPECT_LE(table.bytes(), 20'000u);
}

}  // namespace
}  // namespace anyclaude
