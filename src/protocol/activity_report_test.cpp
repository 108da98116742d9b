#include "protocol/activity_report.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ActivityReport, RunningRequestsAreReadBack) {
  const auto requests =
      decode_running_list(R"({"requests":[{"id":"req_1","phase":"prefill","prompt_tokens":100,)"
                          R"("prompt_tokens_done":40,"output_tokens":3,"seconds":1.5}]})")
          .value()
          .requests;
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].names.id, "req_1");
  EXPECT_EQ(requests[0].phase, "prefill");
  EXPECT_EQ(requests[0].prompt_tokens, 100u);
  EXPECT_EQ(requests[0].prompt_tokens_done, 40u);
  EXPECT_EQ(requests[0].output_tokens, 3u);
  EXPECT_DOUBLE_EQ(requests[0].seconds, 1.5);
}

TEST(ActivityReport, NamesStandAmongTheOtherFields) {
  RunningList list;
  list.requests.push_back({.names = {.id = "req_1", .backend = "vllm"}, .phase = "decode"});
  const std::string text = encode(list);
  EXPECT_TRUE(text.starts_with(R"({"requests":[{"id":"req_1","session":"","agent":"",)")) << text;
  EXPECT_EQ(decode_running_list(text).value().requests.at(0).names.backend, "vllm");
}

TEST(ActivityReport, RefusesWhatIsNoReport) {
  for (const char* text : {"", "<html>", "[]", "7", "{"}) {
    EXPECT_FALSE(decode_running_list(text)) << text;
  }
}

}  // namespace
}  // namespace anyclaude
