#include "protocol/server_report.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ServerReport, Health) {
  const HealthReport health =
      decode_health(R"({"status":"ok","ready":true,"progress":0.5,"what":"loading","proof":"ab"})")
          .value();
  EXPECT_TRUE(health.ready);
  EXPECT_FALSE(health.failed);
  EXPECT_FLOAT_EQ(health.progress, 0.5f);
  EXPECT_EQ(health.what, "loading");
  EXPECT_EQ(health.proof, "ab");
  EXPECT_FALSE(decode_health(R"({"ready":"yes","progress":"half"})")->ready);
}

TEST(ServerReport, Models) {
  const auto models =
      decode_models(R"({"data":[{"id":"local-x","display_name":"X","max_input_tokens":8192,)"
                    R"("max_tokens":-5},7]})")
          .value();
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].id, "local-x");
  EXPECT_EQ(models[0].description, "X");
  EXPECT_EQ(models[0].context_tokens, 8192u);
  EXPECT_EQ(models[0].output_tokens_max, 0u);
  EXPECT_TRUE(decode_models("{}")->empty());
}

TEST(ServerReport, RefusesWhatIsNoReport) {
  for (const char* text : {"", "<html>", "[]", "7", "{"}) {
    EXPECT_FALSE(decode_health(text)) << text;
    EXPECT_FALSE(decode_models(text)) << text;
  }
}

TEST(ServerReport, MetricsAreSummed) {
  const std::string metrics =
      "# HELP tokens_total tokens_total 9\n"
      "tokens_total{for=\"request\",kind=\"a b\"} 5\n"
      "tokens_total{for=\"warm\"} 7\n"
      "tokens_total_more 100\n"
      "plain 3\n"
      "last 4";
  EXPECT_EQ(sum_metric(metrics, "tokens_total"), 12u);
  EXPECT_EQ(sum_metric(metrics, "tokens_total", "for=\"request\""), 5u);
  EXPECT_EQ(sum_metric(metrics, "plain"), 3u);
  EXPECT_EQ(sum_metric(metrics, "last"), 4u);
  EXPECT_EQ(sum_metric(metrics, "none"), 0u);
  EXPECT_EQ(sum_metric("tokens_total", "tokens_total"), 0u);
}

TEST(ServerReport, FindsTheMessageOfAnError) {
  EXPECT_EQ(decode_error_message(R"({"type":"error","error":{"type":"x","message":"no \"y\""}})"),
            "no \"y\"");
  for (const char* text : {"", "[]", "{}", R"({"error":"x"})", R"({"error":{"message":7}})"}) {
    EXPECT_EQ(decode_error_message(text), "") << text;
  }
}

}  // namespace
}  // namespace anyclaude
