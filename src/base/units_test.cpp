#include "base/units.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Units, Counts) {
  EXPECT_EQ(parse_count("32768"), 32768u);
  EXPECT_EQ(parse_count("32k"), 32768u);
  EXPECT_EQ(parse_count("1M"), 1048576u);
  EXPECT_EQ(parse_count("0"), 0u);
  for (const char* bad : {"", "k", "-1", "+1", "1.5k", "12x", "0x10", "1 2", " 1",
                          "18446744073709551616", "18446744073709551615k"}) {
    EXPECT_EQ(parse_count(bad), std::nullopt) << bad;
  }
}

TEST(Units, Bytes) {
  EXPECT_EQ(parse_bytes("512"), 512u);
  EXPECT_EQ(parse_bytes("8GiB"), 8ull << 30);
  EXPECT_EQ(parse_bytes("8 GiB"), 8ull << 30);
  EXPECT_EQ(parse_bytes("8G"), 8ull << 30);
  EXPECT_EQ(parse_bytes("8GB"), 8'000'000'000u);
  EXPECT_EQ(parse_bytes("2T"), 2ull << 40);
  for (const char* bad : {"GiB", "8gigs", "8  GiB", "99999999999T"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
}

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration("90")->count(), 90);
  EXPECT_EQ(parse_duration("30m")->count(), 1800);
  EXPECT_EQ(parse_duration("2h")->count(), 7200);
  EXPECT_EQ(parse_duration("1d")->count(), 86400);
  EXPECT_EQ(parse_duration("0")->count(), 0);
  for (const char* bad : {"", "m", "1w", "999999999d"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Units, Printed) {
  EXPECT_EQ(print_bytes(1023), "1023 B");
  EXPECT_EQ(print_bytes(98'362'432), "93.8 MiB");
  EXPECT_EQ(print_bytes(8ull << 30), "8.0 GiB");
  EXPECT_EQ(print_duration(std::chrono::seconds(40)), "40s");
  EXPECT_EQ(print_duration(std::chrono::seconds(61)), "1m 1s");
  EXPECT_EQ(print_duration(std::chrono::minutes(30)), "30m");
  EXPECT_EQ(print_duration(std::chrono::minutes(125)), "2h 5m");
  EXPECT_EQ(print_duration(std::chrono::hours(2)), "2h");
  EXPECT_EQ(print_count(7), "7");
  EXPECT_EQ(print_count(123), "123");
  EXPECT_EQ(print_count(12'345), "12,345");
  EXPECT_EQ(print_count(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace anyclaude
