#include "cli/running_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "api/api.h"
#include "engine/no_backend.h"
#include "fakes/temporary_folder.h"
#include "net/http_server.h"

namespace anyclaude {
namespace {

// The whole server but for a model, on a free port.
class RunningServerTest : public testing::Test {
 protected:
  RunningServerTest() {
    folders_.runtime = folder_.path() / "runtime";
    api_.add_routes(http_);
    state_.port = http_.bind().value();
    state_.process = ::getpid();
    state_.host = "127.0.0.1";
    state_.nonce = "n0nce";
    state_.model = "none";
    thread_ = std::thread([this] { http_.serve(); });
    // An answer says that it serves; only then can it be stopped.
    HttpClientOptions options;
    options.port = state_.port;
    EXPECT_TRUE(HttpClient(options).get("/health"));
  }
  ~RunningServerTest() override {
    http_.stop();
    thread_.join();
  }

  static ApiOptions api_options() {
    ApiOptions options;
    options.auth.owner_secret = "k3y";
    options.nonce = "n0nce";
    return options;
  }
  static HttpServerOptions http_options() {
    HttpServerOptions options;
    options.port = 0;
    return options;
  }

  TemporaryFolder folder_;
  Folders folders_;
  ServerState state_;
  Metrics metrics_;
  HttpServer http_{http_options(), metrics_};
  NoBackend backend_;
  Api api_{api_options(), backend_, metrics_};
  std::thread thread_;
};

TEST_F(RunningServerTest, IsFoundByItsPortOrByAny) {
  EXPECT_FALSE(RunningServer::find(folders_, state_.port));
  ASSERT_TRUE(write_state(folders_.runtime, state_));
  ASSERT_TRUE(RunningServer::find(folders_, state_.port));
  const auto server = RunningServer::find(folders_, 0);
  ASSERT_TRUE(server);
  EXPECT_EQ(server->state().port, state_.port);
  EXPECT_EQ(server->base_url(), "http://127.0.0.1:" + std::to_string(state_.port));
}

TEST_F(RunningServerTest, IsNotBelievedWithoutTheProof) {
  state_.nonce = "another";
  ASSERT_TRUE(write_state(folders_.runtime, state_));
  EXPECT_FALSE(RunningServer::find(folders_, state_.port));
  EXPECT_FALSE(RunningServer::find(folders_, 0));
}

TEST_F(RunningServerTest, ReportsToWhoHasTheKey) {
  ASSERT_TRUE(write_state(folders_.runtime, state_));
  auto server = RunningServer::find(folders_, state_.port);
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->health()->ready);
  EXPECT_FALSE(server->health()->failed);
  EXPECT_TRUE(server->models("k3y")->empty());
  EXPECT_TRUE(server->requests("k3y")->empty());
  EXPECT_NE(server->metrics("k3y")->find("anyclaude_"), std::string::npos);
  const auto refused = server->models("wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::authentication);
  EXPECT_NE(refused.error().message.find("ANYCLAUDE_API_KEY"), std::string::npos);
}

TEST(LocalAddress, ReachesWhatIsBoundToAll) {
  EXPECT_EQ(local_address("0.0.0.0"), "127.0.0.1");
  EXPECT_EQ(local_address("::"), "::1");
  EXPECT_EQ(local_address("192.168.1.2"), "192.168.1.2");
  EXPECT_EQ(authority("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(authority("::1", 80), "[::1]:80");
}

}  // namespace
}  // namespace anyclaude
