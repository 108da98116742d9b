#include "cli/status.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

StatusFacts example() {
  StatusFacts facts;
  facts.server = {123, "127.0.0.1", 8484, "n0nce", 1'000, "/m.gguf", {}, "0.1.0", {}, {}};
  facts.server.report = {{"context", "8,192"}};
  facts.url = "http://127.0.0.1:8484";
  facts.now_s = 1'000 + 7'500;
  facts.health.ready = true;
  facts.models = {{"local-m", "M \"1\"", 8'192, 2'048}};
  facts.requests = {
      {.names = {.id = "req_1"},
       .phase = "prefill",
       .prompt_tokens = 3'800,
       .prompt_tokens_done = 1'200,
       .seconds = 4.25},
      {.names = {.id = "req_2"},
       .phase = "decode",
       .prompt_tokens = 10,
       .prompt_tokens_done = 10,
       .output_tokens = 17,
       .seconds = 2.0},
      {.names = {.id = "req_3"}, .phase = "queued", .prompt_tokens = 10, .seconds = 0.5}};
  facts.tokens_computed = 1'000;
  facts.tokens_reused = 3'000;
  facts.tokens_decoded = 50;
  return facts;
}

TEST(Status, ForPeople) {
  EXPECT_EQ(status_text(example()),
            "running      http://127.0.0.1:8484 (pid 123, version 0.1.0, for 2h 5m)\n"
            "state        ready\n"
            "model        local-m (M \"1\"), context 8,192, answers up to 2,048\n"
            "requests     3 in flight\n"
            "             req_1 prefill: 1,200 of 3,800 tokens, 4.2 s\n"
            "             req_2 answering: 17 tokens so far, 2.0 s\n"
            "             req_3 queued: 0.5 s\n"
            "tokens       1,000 computed, 3,000 reused (75 % of all prompts), 50 written\n"
            "engine       context: 8,192\n");
}

TEST(Status, WhileLoading) {
  StatusFacts facts = example();
  facts.health = {false, false, 0.431f, "loading model", ""};
  facts.models.clear();
  facts.requests.clear();
  facts.tokens_computed = facts.tokens_reused = 0;
  facts.failure = "another key";
  const std::string text = status_text(facts);
  for (const char* line :
       {"state        loading model 43 %\n", "model        /m.gguf\n",
        "requests     none in flight\n", "(0 % of all prompts)", "but          another key\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " in\n" << text;
  }
  facts.health = {false, false, 0, "no model", ""};
  EXPECT_NE(status_text(facts).find("state        no model\n"), std::string::npos);
  facts.health = {false, true, 0, "not a GGUF", ""};
  EXPECT_NE(status_text(facts).find("failed: not a GGUF"), std::string::npos);
}

TEST(Status, ForPrograms) {
  StatusFacts facts = example();
  facts.requests.resize(1);
  EXPECT_EQ(status_json(facts),
            R"({"running":true,"pid":123,"url":"http://127.0.0.1:8484","port":8484,)"
            R"("version":"0.1.0","started":1000,"ready":true,"failed":false,"progress":0.000,)"
            R"("what":"","model_path":"/m.gguf","models":[{"id":"local-m",)"
            R"("description":"M \"1\"","context_tokens":8192,"output_tokens_max":2048}],)"
            R"("requests":[{"id":"req_1","phase":"prefill","prompt_tokens":3800,)"
            R"("prompt_tokens_done":1200,"output_tokens":0,"seconds":4.250}],)"
            R"("tokens":{"computed":1000,"reused":3000,"decoded":50},)"
            R"("engine":{"context":"8,192"},"failure":null})"
            "\n");
  EXPECT_EQ(status_json(facts).find("n0nce"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
