#include "net/upstream_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fakes/running_server.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

UpstreamClientOptions options_for(const RunningServer& server) {
  UpstreamClientOptions options;
  options.url = {false, "127.0.0.1", server.port(), "/v1"};
  options.headers = {{"Authorization", "Bearer secret"}};
  return options;
}

// A stream that writes a piece each time it is let.
class Tap {
 public:
  HttpReply reply() {
    HttpReply reply;
    reply.content_type = "text/event-stream";
    reply.stream = [this](HttpStream& out) {
      for (int sent = 0; !closed_.load();) {
        if (!out.alive()) return;
        if (sent == opened_.load()) {
          std::this_thread::yield();
          continue;
        }
        if (!out.write("piece")) return;
        ++sent;
      }
    };
    return reply;
  }
  void let_one_through() { ++opened_; }
  void close() { closed_ = true; }

 private:
  std::atomic<int> opened_ = 0;
  std::atomic<bool> closed_ = false;
};

// Until the body has `size` bytes, or the end.
Result<std::string> read(UpstreamExchange& exchange, size_t size) {
  std::string body;
  while (body.size() < size) {
    const auto progress = TRY(exchange.wait_for(milliseconds(20)));
    body += progress.bytes;
    if (progress.ended) break;
  }
  return body;
}

TEST(UpstreamClient, ReadsAnAnswerAsItComes) {
  Tap tap;
  RunningServer server([&](HttpServer& routes) {
    routes.route("POST", "/v1/chat", [&](const HttpRequest&) { return tap.reply(); });
  });
  UpstreamClient client(options_for(server));
  const auto exchange = client.send({"/chat"}, "{}");
  tap.let_one_through();
  EXPECT_EQ(read(*exchange, 5).value(), "piece");
  EXPECT_EQ(exchange->status(), 200);
  EXPECT_EQ(exchange->header("Content-Type"), "text/event-stream");
  const auto nothing = exchange->wait_for(milliseconds(10));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->bytes.empty());
  EXPECT_FALSE(nothing->ended);
  tap.let_one_through();
  EXPECT_EQ(read(*exchange, 5).value(), "piece");
  tap.close();
  EXPECT_EQ(read(*exchange, 5).value(), "");
}

TEST(UpstreamClient, SendsKeyPathAndBodyAndNothingElse) {
  HttpRequest seen;
  RunningServer server([&](HttpServer& routes) {
    const auto note = [&](const HttpRequest& request) {
      seen = request;
      return HttpReply{.body = "ok"};
    };
    routes.route("POST", "/v1/chat", note);
    routes.route("GET", "/props", note);
  });
  UpstreamClient client(options_for(server));
  const std::string body(300'000, 'x');
  ASSERT_EQ(client.ask({"/chat"}, body, milliseconds(5'000))->body, "ok");
  EXPECT_EQ(seen.header("authorization"), "Bearer secret");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.body, body);
  ASSERT_EQ(client.ask({"/props", UpstreamPath::Under::host}, "", milliseconds(5'000))->status,
            200);
  EXPECT_EQ(seen.path, "/props");
}

TEST(UpstreamClient, FollowsNoRedirect) {
  std::atomic<int> followed = 0;
  RunningServer server([&](HttpServer& routes) {
    routes.route("GET", "/v1/models", [](const HttpRequest&) {
      return HttpReply{.status = 307, .headers = {{"location", "/v1/other"}}};
    });
    routes.route("GET", "/v1/other", [&](const HttpRequest&) {
      ++followed;
      return HttpReply();
    });
  });
  UpstreamClient client(options_for(server));
  EXPECT_EQ(client.ask({"/models"}, "", milliseconds(5'000))->status, 307);
  EXPECT_EQ(followed, 0);
}

TEST(UpstreamClient, GivesUpOnASilentServer) {
  Tap tap;
  std::atomic<bool> over = false;
  RunningServer server([&](HttpServer& routes) {
    routes.route("POST", "/v1/chat", [&](const HttpRequest&) { return tap.reply(); });
    routes.route("POST", "/v1/slow", [&](const HttpRequest&) {
      while (!over) std::this_thread::yield();
      return HttpReply();
    });
  });
  auto options = options_for(server);
  options.first_byte_timeout = milliseconds(60);
  options.idle_timeout = milliseconds(60);
  UpstreamClient client(options);
  for (const char* path : {"/slow", "/chat"}) {
    const auto exchange = client.send({path}, "{}");
    const auto body = read(*exchange, 5);
    ASSERT_FALSE(body) << path;
    EXPECT_EQ(body.error().kind, Error::Kind::timeout);
    EXPECT_EQ(body.error().message.find("secret"), std::string::npos);
  }
  over = true;
  tap.close();
}

TEST(UpstreamClient, StopsAskingWhenNobodyWaits) {
  std::atomic<bool> over = false;
  RunningServer server([&](HttpServer& routes) {
    routes.route("GET", "/v1/models", [&](const HttpRequest&) {
      while (!over) std::this_thread::yield();
      return HttpReply();
    });
  });
  UpstreamClient client(options_for(server));
  const auto answer = client.ask({"/models"}, "", milliseconds(60'000), [] { return false; });
  over = true;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Error::Kind::cancelled);
}

TEST(UpstreamClient, SaysWhereNothingAnswers) {
  UpstreamClientOptions options;
  {
    RunningServer server([](HttpServer&) {});
    options = options_for(server);
  }
  UpstreamClient client(options);
  const auto answer = client.ask({"/models"}, "", milliseconds(5'000));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Error::Kind::upstream);
  EXPECT_EQ(answer.error().message, "Nothing answers at " + options.url.origin() + ".");
}

TEST(UpstreamClient, RefusesAnAnswerWithoutEnd) {
  RunningServer server([](HttpServer& routes) {
    routes.route("GET", "/v1/models",
                 [](const HttpRequest&) { return HttpReply{.body = std::string(2'000, 'x')}; });
  });
  auto options = options_for(server);
  options.asked_bytes_max = 1'000;
  UpstreamClient client(options);
  const auto answer = client.ask({"/models"}, "", milliseconds(5'000));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Error::Kind::too_large);
}

TEST(UpstreamClient, SendsALongBodyWholeAndReadsOnWhenItIsGone) {
  Tap tap;
  std::string seen;
  RunningServer server([&](HttpServer& routes) {
    routes.route("POST", "/v1/chat", [&](const HttpRequest& request) {
      seen = request.body;
      return tap.reply();
    });
  });
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i) body += std::to_string(i);
  UpstreamClient client(options_for(server));
  const auto exchange = client.send({"/chat"}, body);
  for (int piece = 0; piece < 3; ++piece) {
    tap.let_one_through();
    EXPECT_EQ(read(*exchange, 5).value(), "piece");
  }
  EXPECT_EQ(seen, body);
  tap.close();
}

TEST(UpstreamClient, ReadsARefusalThatComesBeforeTheBodyIsSent) {
  RunningServer server([&](HttpServer& routes) {
    routes.gate([](const HttpRequest&) {
      return std::make_unique<HttpReply>(HttpReply{.status = 401, .body = "no"});
    });
  });
  UpstreamClient client(options_for(server));
  for (int i = 0; i < 3; ++i) {
    const auto exchange = client.send({"/chat"}, std::string(20u << 20, 'x'));
    Result<std::string> answer;
    do answer = read(*exchange, 2);
    while (answer && answer->empty());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, "no");
    EXPECT_EQ(exchange->status(), 401);
  }
}

}  // namespace
}  // namespace anyclaude
