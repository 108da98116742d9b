#include "bench/record.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fakes/bench_records.h"

namespace anyclaude {
namespace {

const Json& row_of(const Json& results, const std::string& id) {
  static const Json none;
  for (const Json& row : results["rows"]) {
    if (row["id"] == id) return row;
  }
  return none;
}

bool says(const std::vector<std::string>& notes, const std::string& words) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

TEST(Record, KeepsEverySingleValue) {
  const BenchRecord record = two_servers();
  const Json results = results_json(record);
  ASSERT_EQ(results["requests"].size(), record.requests.size());
  const Json& second = results["requests"][2];
  EXPECT_EQ(second["server"], 0);
  EXPECT_EQ(second["scenario"], "session");
  EXPECT_EQ(second["number"], 2);
  EXPECT_EQ(second["prompt_tokens"], 1'100);
  EXPECT_EQ(second["reused_tokens"], 1'000);
  EXPECT_EQ(second["new_tokens"], 100);
  EXPECT_EQ(second["first_s"], 0.2);
  EXPECT_TRUE(results["requests"][1]["reused_tokens"].is_null()) << "not told";
  EXPECT_TRUE(results["requests"][1]["new_tokens"].is_null());
}

TEST(Record, PutsColdAndNextAnswersIntoRowsOfTheirOwn) {
  const Json results = results_json(two_servers());
  const Json& cold = row_of(results, "cold")["cells"];
  ASSERT_EQ(cold.size(), 2u);
  EXPECT_EQ(cold[0]["first_s"]["median"], 2.15);
  EXPECT_EQ(cold[0]["first_s"]["least"], 2.1);
  EXPECT_EQ(cold[0]["first_s"]["most"], 2.2);
  EXPECT_EQ(cold[0]["first_s"]["count"], 2);
  EXPECT_EQ(cold[0]["new_tokens"], 1'000);
  const Json& next = row_of(results, "follow_up")["cells"];
  EXPECT_EQ(next[0]["first_s"]["median"], 0.2);
  EXPECT_EQ(next[0]["first_s"]["count"], 18);
  EXPECT_EQ(next[0]["new_tokens"], 100);
  EXPECT_EQ(next[1]["prompt_tokens"], 1'500);
  EXPECT_TRUE(next[1]["new_tokens"].is_null());
}

TEST(Record, LeavesOutWhatWasNotMeasured) {
  const Json results = results_json(two_servers());
  const Json& restart = row_of(results, "restart")["cells"];
  ASSERT_EQ(restart.size(), 1u);
  EXPECT_EQ(restart[0]["server"], 0);
  BenchRecord record = two_servers();
  std::erase_if(record.requests, [](const MeasuredRequest& request) {
    return request.scenario == Scenario::restart;
  });
  EXPECT_TRUE(row_of(results_json(record), "restart").is_null());
}

TEST(Record, CountsAgentsUntilTheLastBeginsAndOnlyWhenAllDid) {
  BenchRecord record = two_servers();
  Json results = results_json(record);
  const Json& all = row_of(results, "agents")["cells"][0];
  EXPECT_EQ(all["first_s"]["median"], 0.8);
  EXPECT_EQ(all["prompt_tokens"], 8 * 600);
  EXPECT_EQ(all["reused_tokens"], 8 * 500);
  EXPECT_EQ(all["first_s"]["count"], 2);
  const auto last = std::ranges::find_if(record.requests, [](const MeasuredRequest& request) {
    return request.scenario == Scenario::agents && request.number == 8;
  });
  record.requests.erase(last);
  results = results_json(record);
  EXPECT_EQ(row_of(results, "agents")["cells"][0]["first_s"]["count"], 1);
}

TEST(Record, ReckonsWhatASessionWouldCostWithNothingKept) {
  const Json results = results_json(two_servers());
  const double mean = row_of(results, "session")["cells"][0]["first_s"]["median"].get<double>();
  EXPECT_NEAR(mean, (2.15 + 9 * 0.2) / 10, 1e-4);
  const Json& anew = row_of(results, "session_anew")["cells"][0];
  // Prompts of 1,000 to 1,900 tokens at the pace of the cold one.
  EXPECT_NEAR(anew["first_s"]["median"].get<double>(), 2.15 * 1.45, 1e-4);
  EXPECT_EQ(anew["reused_tokens"], 0);
  EXPECT_EQ(anew["new_tokens"], 14'500);
  const Json& queries = results["sessions"][0]["queries"];
  ASSERT_EQ(queries.size(), session_queries);
  EXPECT_EQ(queries[0]["anew_s"], queries[0]["first_s"]["median"]);
  EXPECT_NEAR(queries[9]["anew_s"].get<double>(), 2.15 * 1.9, 1e-4);
}

TEST(Record, ASessionThatWasCutOffHasNoMean) {
  BenchRecord record = two_servers();
  std::erase_if(record.requests, [](const MeasuredRequest& request) {
    return request.scenario == Scenario::session && request.number == 10;
  });
  const Json results = results_json(record);
  EXPECT_TRUE(row_of(results, "session").is_null());
  EXPECT_FALSE(row_of(results, "cold").is_null());
  EXPECT_EQ(results["sessions"][0]["queries"].size(), 9u);
}

TEST(RecordNotes, TellWhatIsMissingAndWhatDisturbed) {
  BenchRecord record = two_servers();
  auto notes = notes_on(record);
  EXPECT_TRUE(says(notes, "localhost:9001 does not tell how many tokens of a prompt it had"));
  EXPECT_TRUE(says(notes, "rivals were not restarted"));
  EXPECT_FALSE(says(notes, "interrupted"));
  EXPECT_FALSE(says(notes, "Other work"));
  EXPECT_FALSE(says(notes, "though the work was the same"));

  record.interrupted = true;
  record.machine.load_before = 5;
  record.requests[2].measured.first_s = 0.9;
  for (MeasuredRequest& request : record.requests) {
    if (request.server == 1) request.measured.tokens.prompt = 1'200;
  }
  notes = notes_on(record);
  EXPECT_TRUE(says(notes, "interrupted"));
  EXPECT_TRUE(says(notes, "a load of 5.0 on 8 cores"));
  EXPECT_TRUE(says(notes, "between 0.20 and 0.90 s")) << "of the next answers";
  EXPECT_TRUE(says(notes, "makes 1,200 tokens of the prompt of which anyclaude makes 1,000"));
}

TEST(RecordNotes, AreFewWhereTheServerIsAlone) {
  BenchRecord record = two_servers();
  record.servers.pop_back();
  std::erase_if(record.requests,
                [](const MeasuredRequest& request) { return request.server == 1; });
  EXPECT_TRUE(notes_on(record).empty());
}

}  // namespace
}  // namespace anyclaude
