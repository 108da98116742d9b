#include "cli/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PaceTest : public testing::Test {
 protected:
  void go(milliseconds time, double amount) {
    now_ += time;
    done_ += amount;
    pace_.note(now_, done_);
  }

  Pace pace_;
  Pace::Time now_;
  double done_ = 0;
};

TEST_F(PaceTest, SaysNothingBeforeItKnows) {
  go(milliseconds(0), 0);
  EXPECT_FALSE(pace_.per_second());
  go(milliseconds(500), 50);
  EXPECT_FALSE(pace_.left(1'000)) << "half a second tells nothing";
  go(milliseconds(1'500), 150);
  ASSERT_TRUE(pace_.per_second());
  EXPECT_NEAR(*pace_.per_second(), 100, 0.1);
  EXPECT_EQ(pace_.left(1'000), seconds(8));
}

TEST_F(PaceTest, CountsFromWhereItBegan) {
  go(milliseconds(0), 900);  // of an earlier run
  for (int i = 0; i < 10; ++i) go(milliseconds(1'000), 1);
  EXPECT_NEAR(*pace_.per_second(), 1, 0.001);
  EXPECT_EQ(pace_.left(1'000), seconds(90));
}

TEST_F(PaceTest, IsSteadyUnderBurstsAndPauses) {
  // A second at 190 and a second at 10 by turns are 100 a second, for whoever waits.
  go(milliseconds(0), 0);
  double least = 1e9;
  double most = 0;
  for (int i = 0; i < 300; ++i) {
    go(milliseconds(200), i % 10 < 5 ? 38 : 2);
    if (i < 50) continue;
    least = std::min(least, *pace_.per_second());
    most = std::max(most, *pace_.per_second());
  }
  EXPECT_GT(least, 90);
  EXPECT_LT(most, 110);
}

TEST_F(PaceTest, TheTimeLeftFallsLikeAClock) {
  go(milliseconds(0), 0);
  for (int i = 0; i < 10; ++i) go(milliseconds(1'000), 10);
  auto before = *pace_.left(10'000);
  for (int i = 0; i < 500; ++i) {
    go(milliseconds(1'000), i % 2 == 0 ? 12 : 8);
    const auto now = *pace_.left(10'000);
    EXPECT_LE(std::abs((before - now).count() - 1), 25) << "at second " << i;
    const double truth = (10'000 - done_) / 10;
    EXPECT_NEAR(static_cast<double>(now.count()), truth, truth * 0.03 + 1) << "at second " << i;
    before = now;
  }
}

TEST_F(PaceTest, LearnsOfALastingChange) {
  go(milliseconds(0), 0);
  for (int i = 0; i < 100; ++i) go(milliseconds(1'000), 100);
  for (int i = 0; i < 60; ++i) go(milliseconds(1'000), 10);
  EXPECT_LT(*pace_.per_second(), 16);
  const double before = *pace_.per_second();
  go(milliseconds(30'000), 0);
  EXPECT_LT(*pace_.per_second(), before / 2) << "nothing comes any more";
}

TEST_F(PaceTest, BeginsAnewWithTheNextThing) {
  go(milliseconds(0), 0);
  for (int i = 0; i < 10; ++i) go(milliseconds(1'000), 100);
  done_ = 0;
  go(milliseconds(10), 0);
  EXPECT_FALSE(pace_.per_second());
}

TEST_F(PaceTest, DoesNotTellOfWeeks) {
  go(milliseconds(0), 0);
  go(milliseconds(3'000), 1);
  EXPECT_TRUE(pace_.per_second());
  EXPECT_FALSE(pace_.left(1e9));
}

}  // namespace
}  // namespace anyclaude
