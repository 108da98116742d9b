#include "route/router.h"

#include <gtest/gtest.h>

#include <set>

#include "fakes/conversations.h"
#include "fakes/scripted_servers.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

Script says(const std::string& text) { return {.steps = {say(TextDelta{text})}}; }

Script refuses(Error::Kind kind, std::string message = "No.") {
  Script script;
  script.refusal = Error{kind, std::move(message)};
  return script;
}

Script breaks_off(std::vector<ScriptStep> steps) {
  Script script;
  script.steps = std::move(steps);
  script.failure = Error{Error::Kind::upstream, "It broke off."};
  return script;
}

class RouterTest : public ::testing::Test {
 protected:
  // A server of a mode of its own name: "a", or of a fleet: "a-1".
  ScriptedBackend& add(const std::string& name, Script script) {
    ScriptedBackend& backend =
        *backends_.emplace_back(std::make_unique<ScriptedBackend>(std::move(script)));
    options_.servers.push_back(lend(name.substr(0, name.find('-')), name, backend));
    return backend;
  }

  Router& router(const std::string& mode) {
    options_.now_s = [this] { return now_s_; };
    router_ = std::make_unique<Router>(options_, metrics_);
    EXPECT_TRUE(router_->begin(mode));
    return *router_;
  }

  // What was answered, and by whom; or the error.
  std::string ask(const std::string& words = "Hi", const std::string& session = "s") {
    Request request = greedy_request({user(words)}, 10);
    request.origin.session_id = session;
    auto begun = router_->start(std::move(request));
    if (!begun) return begun.error().message;
    const auto answer = run(**begun);
    reason_ = (*begun)->reason();
    return answer ? (*begun)->backend() + ": " + answer->text : answer.error().message;
  }

  TemporaryFolder folder_;
  Metrics metrics_;
  RouterOptions options_;
  std::vector<std::unique_ptr<ScriptedBackend>> backends_;
  double now_s_ = 100;
  std::string reason_;
  std::unique_ptr<Router> router_;  // its servers live longer
};

TEST_F(RouterTest, ChangesItsModeBetweenTwoRequests) {
  add("a", says("1"));
  add("b", says("2"));
  Router& router = this->router("a");
  EXPECT_EQ(ask(), "a: 1");
  EXPECT_EQ(router.name(), "a");
  ASSERT_TRUE(router.set_mode("b"));
  EXPECT_EQ(ask(), "b: 2");
  EXPECT_EQ(reason_.substr(0, 8), "the mode");
  EXPECT_EQ(router.modes(), (std::vector<std::string>{"auto", "a", "b"}));
}

TEST_F(RouterTest, RefusesAModeThatItHasNot) {
  add("a", says("1"));
  Router& router = this->router("a");
  const auto refused = router.set_mode("c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "There is no mode 'c' here: choose one of auto, a.");
  EXPECT_EQ(router.mode(), "a");
}

TEST_F(RouterTest, KeepsItsModeWhereAServerCannotBeOpened) {
  add("a", says("1"));
  options_.servers.push_back({.mode = "b", .name = "b", .open = [] {
                                return Result<std::unique_ptr<Backend>>(
                                    fail(Error::Kind::not_found, "There is no model."));
                              }});
  Router& router = this->router("a");
  const auto refused = router.set_mode("b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "There is no model.");
  EXPECT_EQ(ask(), "a: 1");
}

TEST_F(RouterTest, RemembersTheModeThatWasSet) {
  options_.mode_file = folder_.path() / "mode";
  add("a", says("1"));
  add("b", says("2"));
  Router& router = this->router("a");
  EXPECT_EQ(kept_mode(options_.mode_file), "") << "what a start was told is not kept";
  ASSERT_TRUE(router.set_mode("b"));
  EXPECT_EQ(kept_mode(options_.mode_file), "b");
}

TEST_F(RouterTest, OpensAServerWhenItIsNeeded) {
  int opened = 0;
  ScriptedBackend backend(says("1"));
  RoutedServer server = lend("b", "b", backend);
  server.open = [&opened, open = server.open] {
    ++opened;
    return open();
  };
  add("a", says("1"));
  options_.servers.push_back(server);
  Router& router = this->router("a");
  EXPECT_EQ(opened, 0);
  EXPECT_TRUE(router.set_mode("b"));
  EXPECT_TRUE(router.set_mode("a"));
  EXPECT_TRUE(router.set_mode("b"));
  EXPECT_EQ(opened, 1);
}

TEST_F(RouterTest, AsksTheNextWhereAServerFailsBeforeItsFirstWord) {
  add("a-1", breaks_off({say(Waiting{})}));
  add("a-2", refuses(Error::Kind::upstream));
  add("a-3", says("3"));
  router("a");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("Hi", std::to_string(i)), "a-3: 3");
}

TEST_F(RouterTest, TellsThatAnotherOneFailed) {
  add("a-1", refuses(Error::Kind::upstream));
  add("a-2", says("2"));
  options_.servers[1].weight = 0;  // so the first is asked first
  router("a");
  EXPECT_EQ(ask(), "a-2: 2");
  EXPECT_EQ(reason_, "a-1 failed");
  EXPECT_NE(metrics_.print().find(R"(anyclaude_route_failovers_total{server="a-1"} 1)"),
            std::string::npos);
}

TEST_F(RouterTest, TakesNothingBackThatWasSaid) {
  add("a-1", breaks_off({say(TextDelta{"Hel"})}));
  ScriptedBackend& other = add("b", says("2"));
  options_.rules = {{RouteRule::When::agents, "none"}};
  router("a");
  EXPECT_EQ(ask(), "It broke off.");
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(RouterTest, AsksNobodyElseWhatIsWrongEverywhere) {
  add("a-1", refuses(Error::Kind::invalid_request, "messages: none"));
  add("a-2", refuses(Error::Kind::invalid_request, "messages: none"));
  router("a");
  EXPECT_EQ(ask(), "messages: none");
  EXPECT_EQ(backends_[0]->requests().size() + backends_[1]->requests().size(), 1u);
}

TEST_F(RouterTest, AsksOthersWhoTakeLongerPrompts) {
  add("a-1", refuses(Error::Kind::invalid_request, "prompt is too long: 9 tokens > 8 maximum"));
  add("a-2", says("2"));
  router("a");
  EXPECT_EQ(ask(), "a-2: 2");
}

TEST_F(RouterTest, SparesAServerThatFailsAndTriesItAgain) {
  ScriptedBackend& failing = add("a-1", refuses(Error::Kind::upstream));
  add("a-2", says("2"));
  router("a");
  // New conversations with heads of their own: many would go to the first.
  const auto ask_many = [&](int from) {
    for (int i = from; i < from + 40; ++i) {
      Request request = greedy_request({user("Hi")}, 10);
      request.conversation.system = {std::to_string(i)};
      auto begun = router_->start(std::move(request));
      ASSERT_TRUE(begun);
      EXPECT_EQ((*begun)->backend(), "a-2");
      ASSERT_TRUE(run(**begun));
    }
  };
  ask_many(0);
  EXPECT_EQ(failing.requests().size(), 3u);
  now_s_ += 6;
  ask_many(100);
  EXPECT_EQ(failing.requests().size(), 4u) << "once, and then for longer not";
  now_s_ += 6;
  ask_many(200);
  EXPECT_EQ(failing.requests().size(), 4u);
}

TEST_F(RouterTest, SendsPromptsOfOneHeadToOneServer) {
  for (const char* name : {"a-1", "a-2", "a-3"}) add(name, says("1"));
  router("a");
  std::set<std::string> answered;
  for (int i = 0; i < 20; ++i) answered.insert(ask("Question " + std::to_string(i), ""));
  EXPECT_EQ(answered.size(), 1u);
}

TEST_F(RouterTest, CountsWhereRequestsWent) {
  add("a", says("1"));
  router("a");
  ask();
  ask();
  const std::string metrics = metrics_.print();
  EXPECT_NE(metrics.find(R"(anyclaude_route_requests_total{server="a"} 2)"), std::string::npos)
      << metrics;
}

TEST_F(RouterTest, SaysWhyNobodyAnswers) {
  add("a-1", refuses(Error::Kind::overloaded, "Loading."));
  add("a-2", refuses(Error::Kind::overloaded, "Loading, too."));
  router("a");
  EXPECT_TRUE(ask().starts_with("Loading"));
}

TEST_F(RouterTest, TellsOfEveryServer) {
  add("a", says("1"));
  ScriptedBackend& other = add("b", says("2"));
  other.set_readiness({.ready = false, .what = "Nothing answers there."});
  Router& router = this->router("auto");
  ask();
  const auto states = router.servers();
  ASSERT_EQ(states.size(), 2u);
  EXPECT_TRUE(states[0].readiness.ready);
  EXPECT_EQ(states[0].model, "local-a");
  EXPECT_EQ(states[0].now.costs.answers, 1u);
  EXPECT_EQ(states[1].readiness.what, "Nothing answers there.");
  EXPECT_TRUE(router.readiness().ready);
}

}  // namespace
}  // namespace anyclaude
