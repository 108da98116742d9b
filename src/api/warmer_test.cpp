#include "api/warmer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "api/fixed_answer.h"
#include "fakes/served_api.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

std::string body(const std::string& tool) {
  const Json request = {
      {"model", "m"},
      {"max_tokens", 9},
      {"system", std::string(WarmPrompts::bytes_min, 's')},
      {"tools", {{{"name", tool}, {"input_schema", Json::object()}}}},
      {"messages", {{{"role", "user"}, {"content", "words of a user"}}}},
  };
  return request.dump();
}

Script answers() {
  Script script;
  script.prompt_tokens = 100;
  script.steps = {say(Waiting{Waiting::Phase::prefill, 40, 100}), say(TextDelta{"Yes"})};
  script.finish.usage = {100, 60, 1};
  return script;
}

class WarmerTest : public testing::Test {
 protected:
  ApiOptions options() {
    ApiOptions options = api_options();
    options.warm_prompts = &prompts_;
    return options;
  }
  static std::vector<WarmReport> lines(const std::string& text) {
    std::vector<WarmReport> reports;
    size_t begin = 0;
    for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      reports.push_back(decode_warm_report(text.substr(begin, end - begin)).value());
    }
    return reports;
  }

  WarmPrompts prompts_;
};

TEST_F(WarmerTest, ComputesWhatCameBefore) {
  ServedApi served(answers(), options());
  ASSERT_TRUE(served.post("/v1/messages", body("Read")));
  ASSERT_TRUE(served.post("/v1/messages", body("Write")));
  EXPECT_EQ(decode_warm_report(served.get("/api/warm")->body)->prompts_all, 2u);
  const auto answer = served.post("/api/warm", "");
  ASSERT_EQ(answer->status, 200);
  const auto reports = lines(answer->body);
  ASSERT_GE(reports.size(), 2u);
  EXPECT_EQ(reports.front().prompts, 0u);
  EXPECT_EQ(reports.front().tokens, 100u);
  EXPECT_EQ(reports.front().tools, 1u);
  const WarmReport& last = reports.back();
  EXPECT_TRUE(last.done);
  EXPECT_EQ(last.prompts, 2u);
  EXPECT_EQ(last.failed, 0u);
  EXPECT_EQ(last.computed, 80u);
  EXPECT_EQ(last.reused, 120u);
  const auto requests = served.backend().requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_FALSE(requests[1].origin.warming);
  EXPECT_TRUE(requests[2].origin.warming);
  EXPECT_EQ(requests[2].conversation.tools[0].name, "Write");  // the newest first
  EXPECT_EQ(requests[3].conversation.tools[0].name, "Read");
  EXPECT_EQ(requests[3].origin.key_name, "owner");
  // Nobody's request: it is in no sum.
  EXPECT_EQ(served.metric("anyclaude_api_prompt_tokens_total"), 200);
}

TEST_F(WarmerTest, IsTheOwnersAlone) {
  ServedApi served(answers(), options());
  EXPECT_EQ(served.post("/api/warm", "", {{"x-api-key", "other secret"}})->status, 403);
  EXPECT_EQ(served.get("/api/warm", {{"x-api-key", "other secret"}})->status, 403);
  ServedApi without(answers());
  EXPECT_EQ(without.post("/api/warm", "")->status, 404);
}

TEST_F(WarmerTest, LearnsAPromptWithoutComputingIt) {
  ServedApi served(answers(), options());
  for (const bool stream : {false, true}) {
    Json request = Json::parse(body(stream ? "Read" : "Write"));
    request["stream"] = stream;
    const auto answer = served.post("/v1/messages", request.dump(),
                                    {{"x-api-key", "secret"}, {std::string(learn_header), "1"}});
    EXPECT_EQ(answer->status, 200);
    EXPECT_NE(answer->body.find("Learnt."), std::string::npos) << answer->body;
    EXPECT_NE(answer->body.find("\"input_tokens\":100"), std::string::npos) << answer->body;
  }
  EXPECT_EQ(served.backend().destroyed(), 0);  // none was begun
  EXPECT_EQ(prompts_.list().size(), 2u);
  EXPECT_EQ(decode_warm_report(served.get("/api/warm")->body)->noted, 2u);
}

TEST_F(WarmerTest, EndsWhenSomebodyAsks) {
  std::atomic<bool> computed = false;
  Script script = answers();
  script.steps = {busy_until([&] { return computed.load(); })};
  ServedApi served(script, options());
  std::thread somebody([&] { EXPECT_TRUE(served.post("/v1/messages", body("Read"))); });
  ASSERT_TRUE(served.metric_becomes("anyclaude_api_in_flight", 1));
  while (prompts_.list().empty()) std::this_thread::yield();
  EXPECT_FALSE(served.api().warm([] { return true; }));
  computed = true;
  somebody.join();
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_in_flight", 0));
  EXPECT_TRUE(served.api().warm([] { return true; }));
  computed = false;
  EXPECT_FALSE(served.api().warm([] { return false; }));
}

TEST_F(WarmerTest, GoesOnBehindWhatTheModelRefuses) {
  Script script = answers();
  script.refusal = Error{Error::Kind::invalid_request, "prompt is too long"};
  for (const char* tool : {"Read", "Write"}) {
    Request request{.model = "m"};
    request.conversation.system = {std::string(WarmPrompts::bytes_min, 's')};
    request.conversation.tools = {{tool, "", "{}"}};
    prompts_.note(request, "a");
  }
  ServedApi served(script, options());
  const auto last = lines(served.post("/api/warm", "")->body).back();
  EXPECT_TRUE(last.done);
  EXPECT_EQ(last.prompts, 2u);
  EXPECT_EQ(last.failed, 2u);
}

}  // namespace
}  // namespace anyclaude
