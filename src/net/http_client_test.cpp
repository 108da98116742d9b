#include "net/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fakes/running_server.h"

namespace anyclaude {
namespace {

void add_routes(HttpServer& server) {
  server.route("GET", "/hello", [](const HttpRequest& request) {
    HttpReply reply;
    reply.status = 201;
    reply.headers.emplace_back("X-Seen", request.header("x-sent"));
    reply.body = "hello " + request.query_value("name");
    return reply;
  });
  server.route("POST", "/echo", [](const HttpRequest& request) {
    HttpReply reply;
    reply.body = request.header("content-type") + ":" + request.body;
    return reply;
  });
  server.route("GET", "/never", [](const HttpRequest& request) {
    while (request.alive()) std::this_thread::yield();
    return HttpReply{};
  });
}

TEST(HttpClient, GetsAndPosts) {
  RunningServer server(add_routes);
  HttpClient client({.port = server.port()});
  const auto got = client.get("/hello?name=J%C3%BCrg+%26", {{"X-Sent", "yes"}});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "hello J\xC3\xBCrg+&");
  EXPECT_EQ(got->header("x-seen"), "yes");
  EXPECT_EQ(got->header("absent"), "");

  const auto posted = client.post("/echo", "{\"a\":1}");
  ASSERT_TRUE(posted.has_value());
  EXPECT_EQ(posted->body, "application/json:{\"a\":1}");
  EXPECT_EQ(client.get("/nowhere")->status, 404);
}

TEST(HttpClient, HandsOnWhatComes) {
  // The second half is sent when the first has been handed on.
  std::atomic<bool> handed_on = false;
  RunningServer server([&](HttpServer& http) {
    http.route("POST", "/halves", [&](const HttpRequest& request) {
      HttpReply reply;
      reply.stream = [&, body = request.body](HttpStream& out) {
        out.write("one ");
        while (!handed_on && out.alive()) std::this_thread::yield();
        out.write(body);
      };
      return reply;
    });
  });
  HttpClient client({.port = server.port()});
  std::string heard;
  const auto answer = client.post_streamed("/halves", "two", {}, [&](std::string_view text) {
    heard += text;
    handed_on = heard == "one ";
  });
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "one two");
  EXPECT_EQ(heard, "one two");
}

TEST(HttpClient, SaysWhenNothingIsThere) {
  uint16_t port = 0;
  {
    RunningServer server(add_routes);
    port = server.port();
  }
  HttpClient client({.port = port});
  const auto answer = client.get("/hello");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, Error::Kind::upstream);
}

TEST(HttpClient, GivesUpOnSilence) {
  RunningServer server(add_routes);
  HttpClient client({.port = server.port(), .read_timeout_ms = 50});
  const auto answer = client.get("/never");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, Error::Kind::timeout);
}

TEST(HttpClient, LimitsTheAnswer) {
  RunningServer server([](HttpServer& http) {
    http.route("GET", "/large", [](const HttpRequest&) {
      HttpReply reply;
      reply.body = std::string(5000, 'x');
      return reply;
    });
  });
  HttpClient client({.port = server.port(), .body_bytes_max = 1000});
  EXPECT_FALSE(client.get("/large").has_value());
}

}  // namespace
}  // namespace anyclaude
