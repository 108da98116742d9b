#include "api/cache_admin.h"

#include <gtest/gtest.h>

#include <sstream>

#include "fakes/cache_user.h"
#include "fakes/served_api.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;

class CacheAdminTest : public testing::Test {
 protected:
  CacheAdminTest() : user_(files_, CacheUser::options(plenty, plenty)) {
    user_.store(counted_tokens(600));
  }

  ApiOptions options() {
    ApiOptions options = api_options();
    options.cache = [this] { return &service_; };
    return options;
  }

  FaultyFiles files_;
  CacheUser user_;
  PinnedPrompts pinned_;
  CacheService service_{*user_, files_, user_.metrics, "/cache", pinned_};
  ServedApi served_{{}, options()};
};

TEST_F(CacheAdminTest, AnswersTheOwner) {
  EXPECT_EQ(decode_cache_report(served_.get("/api/cache")->body)->ram.tokens, 600u);
  const auto list = decode_prompt_list(served_.get("/api/cache/prompts?limit=5")->body);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->prompts.at(0).tokens, 600u);
  EXPECT_EQ(decode_prompt_list(served_.get("/api/cache/prompts?limit=0")->body)->count, 1u);
  for (const char* limit : {"x", "-1", "10001"}) {
    EXPECT_EQ(served_.get(std::string("/api/cache/prompts?limit=") + limit)->status, 400);
  }
  EXPECT_EQ(served_.metric("anyclaude_api_requests_total{endpoint=\"cache\",status=\"200\"}"), 3);
}

TEST_F(CacheAdminTest, ShowsTheTreeAndPins) {
  const std::string tree = served_.get("/api/cache/tree?limit=5")->body;
  const std::string id = service_.branches(1).nodes.at(0).id;
  EXPECT_NE(tree.find(R"({"nodes":[{"id":")" + id), std::string::npos) << tree;
  EXPECT_EQ(served_.get("/api/cache/tree?limit=2001")->status, 400);
  const auto pinned = served_.post("/api/cache/pin", R"({"prompt":")" + id + R"("})");
  EXPECT_EQ(pinned->body, R"({"prompt":")" + id + R"(","pinned":true})");
  EXPECT_TRUE(service_.branches(1).nodes.at(0).pinned);
  EXPECT_EQ(served_.post("/api/cache/pin", R"({"prompt":"x"})")->status, 400);
}

TEST_F(CacheAdminTest, AnswersNobodyElse) {
  const HttpHeaders other = {{"x-api-key", "other secret"}};
  for (const char* path : {"/api/cache", "/api/cache/prompts", "/api/cache/tree"}) {
    EXPECT_EQ(served_.get(path, other)->status, 403) << path;
    EXPECT_EQ(served_.get(path, {})->status, 401) << path;
  }
  for (const char* what : {"verify", "prune", "pin", "export", "import"}) {
    const std::string path = std::string("/api/cache/") + what;
    EXPECT_EQ(served_.post(path, R"({"unused_since":9999999999})", other)->status, 403) << path;
    EXPECT_EQ(served_.get(path)->status, 405) << path;
  }
  EXPECT_EQ(user_.found(counted_tokens(600)), 600u);
}

TEST_F(CacheAdminTest, VerifiesLineByLine) {
  const auto answer = served_.post("/api/cache/verify", "");
  EXPECT_EQ(answer->status, 200);
  std::istringstream lines(answer->body);
  VerifyReport last;
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_FALSE(last.done);
    last = decode_verify_report(line).value();
  }
  EXPECT_GE(count, 2u);
  EXPECT_TRUE(last.done);
  EXPECT_EQ(last.pieces, 3u);
  EXPECT_EQ(served_.post("/api/cache/verify", "")->status, 200);  // the turn is over
}

TEST_F(CacheAdminTest, PrunesAndExchanges) {
  const std::string id = service_.list(1).prompts.at(0).id;
  EXPECT_EQ(served_.post("/api/cache/prune", "{}")->status, 400);
  EXPECT_EQ(served_.post("/api/cache/prune", "nonsense")->status, 400);
  const ExchangeOrder order{.prompt = id, .path = "/file", .team_key = "k"};
  EXPECT_EQ(decode_exchange_report(served_.post("/api/cache/export", encode(order))->body)->tokens,
            600u);
  const auto pruned = served_.post("/api/cache/prune", encode(PruneOrder{.prompt = id}));
  EXPECT_GT(decode_prune_report(pruned->body)->bytes, 0u);
  EXPECT_EQ(user_.found(counted_tokens(600)), 0u);
  EXPECT_EQ(served_.post("/api/cache/import", encode(ExchangeOrder{.path = "/file"}))->status, 403);
  EXPECT_EQ(user_.found(counted_tokens(600)), 0u);
  EXPECT_EQ(served_.post("/api/cache/import", encode(order))->status, 200);
  EXPECT_EQ(user_.found(counted_tokens(600)), 600u);
}

TEST_F(CacheAdminTest, TellsHowFarAnExchangeIs) {
  ExchangeOrder order{
      .prompt = service_.list(1).prompts.at(0).id, .path = "/file", .progress = true};
  const auto lines_of = [&](const char* path) {
    const auto answer = served_.post(path, encode(order));
    EXPECT_EQ(answer->status, 200);
    std::vector<ExchangeStep> steps;
    std::istringstream lines(answer->body);
    for (std::string line; std::getline(lines, line);) {
      steps.push_back(decode_exchange_step(line).value());
    }
    return steps;
  };
  const auto written = lines_of("/api/cache/export");
  ASSERT_GE(written.size(), 2u);
  EXPECT_GT(written.front().bytes, 0u);
  EXPECT_LE(written.front().bytes, written.front().bytes_all);
  EXPECT_FALSE(written.front().report);
  ASSERT_TRUE(written.back().report);
  EXPECT_EQ(written.back().report->tokens, 600u);
  // The file is there, and nobody vouches for it.
  for (const char* path : {"/api/cache/export", "/api/cache/import"}) {
    const auto refused = lines_of(path);
    ASSERT_EQ(refused.size(), 1u) << path;
    EXPECT_FALSE(refused.front().report);
    EXPECT_NE(refused.front().error, "");
  }
}

TEST_F(CacheAdminTest, FilesAreOfThisMachineAlone) {
  CacheAdmin admin([this] { return &service_; });
  HttpRequest request;
  request.remote_address = "192.168.1.2";
  request.body = encode(
      ExchangeOrder{.prompt = service_.list(1).prompts.at(0).id, .path = "/file", .trust = true});
  EXPECT_EQ(admin.export_prompt(request).status, 403);
  EXPECT_EQ(admin.import_prompt(request).status, 403);
  EXPECT_FALSE(files_.exists("/file"));
  request.remote_address = "127.0.0.1";
  EXPECT_EQ(admin.export_prompt(request).status, 200);
}

TEST(CacheAdmin, WithoutACacheThereIsNothing) {
  ServedApi served;
  EXPECT_EQ(served.get("/api/cache")->status, 404);
  EXPECT_EQ(served.get("/api/cache/prompts")->status, 404);
  for (const char* what : {"verify", "prune", "export", "import"}) {
    EXPECT_EQ(served.post(std::string("/api/cache/") + what, "{}")->status, 404) << what;
  }
}

}  // namespace
}  // namespace anyclaude
