// A session of the real client in mode auto, between two servers of which one dies, as
// GET /api/decisions told of it (tests/end_to_end/test_modes.py): each decision comes out again.
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "route/decision_record.h"

namespace anyclaude {
namespace {

TEST(RecordedSession, IsDecidedAgainAsItWas) {
  const auto text = read_file(ANYCLAUDE_RECORDED_SESSION, 1 << 20);
  ASSERT_TRUE(text);
  const auto records = decode_decisions(*text);
  ASSERT_TRUE(records);
  ASSERT_GE(records->size(), 40u);
  std::set<std::string> servers;
  for (const DecisionRecord& record : *records) {
    const Decision decision = decide(record.input, record.candidates, record.rules);
    ASSERT_FALSE(decision.order.empty());
    EXPECT_EQ(record.candidates[decision.order.front()].name, record.server) << record.request_id;
    EXPECT_EQ(decision.reason, record.reason) << record.request_id;
    servers.insert(record.server);
  }
  EXPECT_EQ(servers.size(), 2u);
}

TEST(DecisionRecord, ComesBackAsItWas) {
  DecisionRecord record;
  record.request_id = "req_1";
  record.input = {.needs = {.edits = true}, .prompt_bytes = 5, .head_hash = ~0ull};
  record.candidates.push_back({.mode = "vllm", .name = "vllm-1", .weight = 0.25});
  record.rules = {{RouteRule::When::edits, "vllm"}};
  record.reason = "because";
  const std::string text = encode(std::vector{record});
  const auto read = decode_decisions(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(*read), text);
  ASSERT_EQ((*read)[0].rules.size(), 1u);
  EXPECT_EQ((*read)[0].rules[0].mode, "vllm");
  EXPECT_FALSE(decode_decisions("[]"));
}

}  // namespace
}  // namespace anyclaude
