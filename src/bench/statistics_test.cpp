#include "bench/statistics.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Statistics, FindsTheMiddleAndTheEnds) {
  const Spread odd = spread_of({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.least, 1);
  EXPECT_EQ(odd.most, 3);
  EXPECT_EQ(odd.count, 3u);
  EXPECT_EQ(spread_of({4, 1, 2, 3}).median, 2.5);
  EXPECT_EQ(spread_of({7}).median, 7);
  EXPECT_EQ(spread_of({}).count, 0u);
  EXPECT_EQ(spread_of({1, 1, 1, 1, 1'000}).median, 1) << "one outlier changes nothing";
}

TEST(Statistics, AddsUpToAMean) {
  EXPECT_EQ(mean_of({1, 2, 6}), 3);
  EXPECT_EQ(mean_of({}), 0);
}

}  // namespace
}  // namespace anyclaude
