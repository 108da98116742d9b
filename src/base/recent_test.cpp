#include "base/recent.h"

#include <gtest/gtest.h>

#include <string>

namespace anyclaude {
namespace {

TEST(Recent, ForgetsWhatWasLookedAtLongestAgo) {
  Recent<int, std::string> recent(2);
  recent.put(1, "one");
  recent.put(2, "two");
  ASSERT_TRUE(recent.find(1));
  EXPECT_EQ(*recent.find(1), "one");
  recent.put(3, "three");
  EXPECT_FALSE(recent.find(2));
  EXPECT_TRUE(recent.find(1));
  EXPECT_TRUE(recent.find(3));
  std::string all;
  recent.each([&](const std::string& value) { all += value + ' '; });
  EXPECT_EQ(all, "three one ");
}

TEST(Recent, ANewValueTakesThePlaceOfTheOld) {
  Recent<int, std::string> recent(10);
  recent.put(1, "one", 6);
  recent.put(1, "uno", 5);
  EXPECT_EQ(*recent.find(1), "uno");
  EXPECT_EQ(recent.cost(), 5u);
  recent.put(2, "two", 5);
  EXPECT_TRUE(recent.find(1));
}

TEST(Recent, NeverCostsMoreThanItMay) {
  Recent<int, int> recent(100);
  for (int i = 0; i < 1'000; ++i) {
    recent.put(i % 37, i, static_cast<uint64_t>(i % 60));
    ASSERT_LE(recent.cost(), 100u);
  }
  recent.put(1, 1, 1);
  recent.put(2, 2, 1);
  recent.put(1, 1, 101);  // fits nowhere, and sends nothing away
  EXPECT_FALSE(recent.find(1));
  EXPECT_TRUE(recent.find(2));
}

}  // namespace
}  // namespace anyclaude
