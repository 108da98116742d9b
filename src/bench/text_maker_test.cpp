#include "bench/text_maker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace anyclaude {
namespace {

TEST(TextMaker, GivesTheSameBytesEverywhere) {
  // Written down once: another machine, compiler or library must not change what is asked.
  EXPECT_EQ(TextMaker(1, "tool 0").sentence(), TextMaker(1, "tool 0").sentence());
  EXPECT_EQ(TextMaker(7, "x").below(1'000'000), 792'274u);
  EXPECT_NE(TextMaker(1, "tool 0").prose(300), TextMaker(2, "tool 0").prose(300));
  EXPECT_NE(TextMaker(1, "tool 0").prose(300), TextMaker(1, "tool 1").prose(300));
}

TEST(TextMaker, KeepsToSizes) {
  TextMaker maker(1, "sizes");
  for (const size_t bytes : {1u, 100u, 5'000u}) {
    EXPECT_GE(maker.prose(bytes).size(), bytes);
    EXPECT_LE(maker.prose(bytes).size(), bytes + 200);
    EXPECT_GE(maker.code(bytes).size(), bytes);
    EXPECT_LE(maker.code(bytes).size(), bytes + 100);
  }
}

TEST(TextMaker, PicksDifferentNouns) {
  const auto nouns = TextMaker(3, "nouns").nouns(20);
  EXPECT_EQ(std::set(nouns.begin(), nouns.end()).size(), 20u);
  EXPECT_LT(TextMaker(3, "nouns").nouns(10'000).size(), 10'000u);
}

}  // namespace
}  // namespace anyclaude
