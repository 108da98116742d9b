#include "api/mode_admin.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "fakes/conversations.h"
#include "fakes/scripted_servers.h"
#include "protocol/mode_report.h"

namespace anyclaude {
namespace {

class ModeAdminTest : public ::testing::Test {
 protected:
  ModeAdminTest() {
    RouterOptions options;
    options.servers = {lend("a", "a", first_), lend("b", "b", second_)};
    router_.emplace(options, metrics_);
    EXPECT_TRUE(router_->begin("a"));
    admin_.emplace(&*router_);
  }

  static HttpRequest with(std::string body) {
    HttpRequest request;
    request.body = std::move(body);
    return request;
  }

  Metrics metrics_;
  ScriptedBackend first_;
  ScriptedBackend second_;
  std::optional<Router> router_;
  std::optional<ModeAdmin> admin_;
};

TEST_F(ModeAdminTest, TellsTheModeAndItsServers) {
  second_.set_readiness({.what = "Nothing answers."});
  const auto report = decode_mode_report(admin_->report(with("")).body);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->mode, "a");
  ASSERT_EQ(report->servers.size(), 2u);
  EXPECT_TRUE(report->servers[0].ready);
  EXPECT_EQ(report->servers[0].model, "local-a");
  EXPECT_EQ(report->servers[0].context_tokens, 8'192u);
  EXPECT_FALSE(report->servers[1].open);
}

TEST_F(ModeAdminTest, ChangesTheMode) {
  const HttpReply reply = admin_->set(with(R"({"mode":"auto"})"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(decode_mode_report(reply.body)->mode, "auto");
  EXPECT_EQ(router_->mode(), "auto");
}

TEST_F(ModeAdminTest, RefusesWhatIsNoMode) {
  for (const char* body : {R"({"mode":"c"})", R"({"mode":1})", R"({"more":"a"})", "[]", "{"}) {
    EXPECT_EQ(admin_->set(with(body)).status, 400) << body;
  }
  EXPECT_EQ(router_->mode(), "a");
}

TEST_F(ModeAdminTest, TellsWhatWasDecidedAndOfWhat) {
  ASSERT_TRUE(router_->begin("auto"));
  for (int i = 0; i < 3; ++i) {
    auto begun = router_->start(greedy_request({user("Hi")}, 10));
    ASSERT_TRUE(begun);
    ASSERT_TRUE(run(**begun));
  }
  const auto records = decode_decisions(admin_->decisions(with("")).body);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3u);
  for (const DecisionRecord& record : *records) {
    const Decision again = decide(record.input, record.candidates, record.rules);
    EXPECT_EQ(record.candidates[again.order.front()].name, record.server);
    EXPECT_EQ(again.reason, record.reason);
  }
}

TEST(ModeAdmin, HasNothingToSayWhereThereIsNothingToChoose) {
  ModeAdmin admin(nullptr);
  EXPECT_EQ(admin.report({}).status, 404);
  EXPECT_EQ(admin.set({}).status, 404);
  EXPECT_EQ(admin.decisions({}).status, 404);
}

}  // namespace
}  // namespace anyclaude
