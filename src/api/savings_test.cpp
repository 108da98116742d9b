#include "api/savings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace anyclaude {
namespace {

constexpr int64_t today_s = 1'795'860'000;  // 2026-11-28 in UTC; the others are days away
constexpr int64_t day_s = 86'400;

FinishedReport request(uint32_t prompt_tokens, uint32_t reused, std::string backend = "embedded") {
  FinishedReport report;
  report.names.backend = std::move(backend);
  report.prompt_tokens = prompt_tokens;
  report.prompt_tokens_reused = reused;
  return report;
}

TEST(Savings, ArePricedAsTheServerComputed) {
  Savings savings;
  // Nothing is known of what a token takes.
  EXPECT_EQ(savings.add(request(1'000, 999), 0.1, today_s), 0);
  EXPECT_EQ(savings.add(request(1'000, 0), 10, today_s), 0);  // 10 ms a token
  EXPECT_DOUBLE_EQ(savings.add(request(1'000, 990), 0.5, today_s), 9.9);
  EXPECT_EQ(savings.add(request(1'000, 990, "vllm"), 0.5, today_s), 0);
  // Another measurement counts, but not alone.
  savings.add(request(1'000, 0), 20, today_s);
  EXPECT_DOUBLE_EQ(savings.add(request(1'000, 1'000), 0.5, today_s), 12);
}

TEST(Savings, AreSummedUpByDay) {
  Savings savings;
  savings.add(request(1'000, 0), 10, today_s - 3 * day_s);
  savings.add(request(1'000, 500), 5, today_s - 3 * day_s);
  savings.add(request(2'000, 1'000), 10, today_s);
  const SavingsReport report = savings.report(today_s);
  EXPECT_EQ(report.today.requests, 1u);
  EXPECT_EQ(report.today.prompt_tokens, 2'000u);
  EXPECT_EQ(report.today.reused_tokens, 1'000u);
  EXPECT_DOUBLE_EQ(report.today.saved_s, 10);
  EXPECT_EQ(report.all.requests, 3u);
  EXPECT_EQ(report.all.reused_tokens, 1'500u);
  EXPECT_DOUBLE_EQ(report.all.saved_s, 15);
}

TEST(Savings, OutliveTheProcess) {
  std::map<std::string, std::string> written;
  Savings before;
  before.set_writer([&](std::string_view key, std::span<const uint8_t> value) {
    written[std::string(key)] = {value.begin(), value.end()};
  });
  before.add(request(1'000, 0), 10, today_s - 3 * day_s);
  before.add(request(1'000, 500), 5, today_s - 3 * day_s);
  before.add(request(1'000, 400), 6, today_s);
  EXPECT_EQ(written.size(), 2u);

  Savings after;
  const auto restore = [&](const std::string& key, const std::string& value) {
    after.restore(key, {reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  };
  for (const auto& [key, value] : written) restore(key, value);
  restore("2026-11-01", "no record");
  restore("2026-11-02", R"({"requests":-1})");
  EXPECT_EQ(encode(after.report(today_s)), encode(before.report(today_s)));
}

}  // namespace
}  // namespace anyclaude
