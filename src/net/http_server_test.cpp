#include "net/http_server.h"

#include <gtest/gtest.h>

#include "fakes/raw_client.h"
#include "fakes/running_server.h"
#include "net/http_client.h"

namespace anyclaude {
namespace {

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

HttpReply text(std::string body) {
  HttpReply reply;
  reply.content_type = "text/plain";
  reply.body = std::move(body);
  return reply;
}

void add_routes(HttpServer& server) {
  server.route("GET", "/hello", [](const HttpRequest&) { return text("hello\n"); });
  server.route("GET", "/items/{id}",
               [](const HttpRequest& request) { return text("<" + request.captures[0] + ">"); });
  server.route("POST", "/echo",
               [](const HttpRequest& request) { return text("[" + request.body + "]"); });
  server.route("POST", "/throw",
               [](const HttpRequest&) -> HttpReply { throw std::runtime_error("no"); });
  server.refusal([](int status, const std::string& message, const HttpRequest& request) {
    HttpReply reply;
    reply.body = "{\"status\":" + std::to_string(status) + ",\"message\":\"" + message +
                 "\",\"id\":\"" + request.request_id.substr(0, 4) + "\"}";
    return reply;
  });
}

// The status line of the one reply to `bytes`.
std::string status_of(uint16_t port, const std::string& bytes) {
  RawClient client(port);
  client.send(bytes);
  const std::string line = client.read_until("\r\n");
  return line.substr(0, line.find(' ', 9));
}

TEST(HttpServer, AnswersManyRequestsOnOneConnection) {
  RunningServer server(add_routes);
  RawClient client(server.port());
  for (int i = 0; i < 300; ++i) {  // the library's own limit is 100
    ASSERT_TRUE(client.send(get("/hello")));
    ASSERT_NE(client.read_until("hello\n").find("200 OK"), std::string::npos) << i;
  }
}

TEST(HttpServer, AnswersPipelinedRequests) {
  RunningServer server(add_routes);
  RawClient client(server.port());
  client.send(post("/echo", "one") + post("/echo", "two") + get("/hello"));
  EXPECT_NE(client.read_until("[one]").find("[one]"), std::string::npos);
  EXPECT_NE(client.read_until("[two]").find("[two]"), std::string::npos);
  EXPECT_NE(client.read_until("hello\n").find("hello"), std::string::npos);
}

TEST(HttpServer, TakesChunkedBodies) {
  RunningServer server(add_routes);
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(client.read_until("[abcde]").find("[abcde]"), std::string::npos);
}

TEST(HttpServer, InvitesTheBodyOfAClientThatAsksFirst) {
  RunningServer server(add_routes, {.body_bytes_max = 1000});
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 100");
  client.send("abc");
  EXPECT_NE(client.read_until("[abc]").find("200 OK"), std::string::npos);
  client.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 413") << "and no other";
}

TEST(HttpServer, DecodesCaptures) {
  RunningServer server(add_routes);
  HttpClient client({.port = server.port()});
  EXPECT_EQ(client.get("/items/a%2Fb%20c?limit=3")->body, "<a/b c>");
}

TEST(HttpServer, AnswersHeadOptionsAndUnknown) {
  RunningServer server(add_routes);
  RawClient client(server.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("200 OK"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 6"), std::string::npos);
  client.send("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string options = client.read_until("\r\n\r\n");
  EXPECT_EQ(options.substr(0, 12), "HTTP/1.1 204") << "a HEAD reply has no body";
  EXPECT_NE(options.find("Allow: POST, OPTIONS"), std::string::npos);

  HttpClient http({.port = server.port()});
  EXPECT_EQ(http.get("/echo")->status, 405);
  EXPECT_EQ(http.get("/echo")->header("allow"), "POST, OPTIONS");
  EXPECT_EQ(http.post("/nowhere", "{}")->status, 404);
  EXPECT_EQ(http.get("/" + std::string(500, 'x'))->body,
            "{\"status\":404,\"message\":\"There is nothing at this path.\",\"id\":\"req_\"}");
}

TEST(HttpServer, RefusesWhatIsTooLarge) {
  RunningServer server(add_routes, {.body_bytes_max = 1000, .target_bytes_max = 500});
  const uint16_t port = server.port();
  EXPECT_EQ(status_of(port, post("/echo", std::string(1000, 'x'))), "HTTP/1.1 200");
  EXPECT_EQ(status_of(port, post("/echo", std::string(1001, 'x'))), "HTTP/1.1 413");
  // Before the body has come.
  EXPECT_EQ(status_of(port, "POST /echo HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n"),
            "HTTP/1.1 413");
  EXPECT_EQ(status_of(port,
                      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "400\r\n" +
                          std::string(1024, 'x') + "\r\n0\r\n\r\n"),
            "HTTP/1.1 413");
  EXPECT_EQ(status_of(port, get("/" + std::string(600, 'x'))), "HTTP/1.1 414");
  EXPECT_EQ(status_of(port, "GET /hello HTTP/1.1\r\nA: " + std::string(9000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431");
  std::string many = "GET /hello HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) many += "A: 1\r\n";
  EXPECT_EQ(status_of(port, many + "\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(status_of(port, get("/hello")), "HTTP/1.1 200");
}

TEST(HttpServer, AClientThatStillSendsReadsWhyItWasRefused) {
  RunningServer server(add_routes, {.body_bytes_max = 1000});
  RawClient client(server.port());
  client.send(post("/echo", std::string(8u << 20, 'x')));
  EXPECT_NE(client.read_all().find("413"), std::string::npos);
}

// As much as the API allows, and a little more.
TEST(HttpServer, AClientThatSendsVeryMuchReadsWhyItWasRefused) {
  RunningServer server(add_routes, {.body_bytes_max = 1000});
  RawClient client(server.port());
  EXPECT_TRUE(client.send(post("/echo", std::string(80u << 20, 'x'))));
  EXPECT_NE(client.read_all().find("413"), std::string::npos);
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  RunningServer server(add_routes);
  const uint16_t port = server.port();
  EXPECT_EQ(status_of(port, "nonsense\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of(port, "BREW /hello HTTP/1.1\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of(port, "GET /hello HTTP/9.9\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of(port, "GET /hello HTTP/1.1\r\nno colon\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of(port,
                      "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "HTTP/1.1 400");
  EXPECT_EQ(status_of(port, "POST /echo HTTP/1.1\r\nContent-Length: 3x\r\n\r\nabc"),
            "HTTP/1.1 400");
  EXPECT_EQ(status_of(port, "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "HTTP/1.1 400");
  EXPECT_EQ(status_of(port,
                      "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n"
                      "Content-Encoding: gzip\r\n\r\nabc"),
            "HTTP/1.1 415");
  EXPECT_EQ(status_of(port,
                      "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n"
                      "Content-Type: multipart/form-data; boundary=x\r\n\r\nabc"),
            "HTTP/1.1 415");
  EXPECT_EQ(status_of(port, post("/throw", "{}")), "HTTP/1.1 500");
  EXPECT_EQ(status_of(port, get("/hello")), "HTTP/1.1 200");
}

TEST(HttpServer, RefusesAHeadThatDoesNotCome) {
  RunningServer server(add_routes, {.read_timeout_s = 1});
  EXPECT_EQ(status_of(server.port(), "GET /hello HTTP/1.1\r\nHost"), "HTTP/1.1 408");
}

TEST(HttpServer, AClientMayLeaveAtAnyByte) {
  RunningServer server(add_routes);
  const std::string request = post("/echo", "some body");
  for (size_t size = 0; size < request.size(); ++size) {
    RawClient client(server.port());
    client.send(request.substr(0, size));
    if (size % 2 == 0) {
      client.reset();
    } else {
      client.close();
    }
  }
  EXPECT_EQ(status_of(server.port(), request), "HTTP/1.1 200");
}

TEST(HttpServer, TheGateRefusesBeforeTheBodyComes) {
  RunningServer server([](HttpServer& http) {
    add_routes(http);
    http.gate([](const HttpRequest& request) -> std::unique_ptr<HttpReply> {
      if (request.header("X-Key") == "right") return nullptr;
      auto reply = std::make_unique<HttpReply>(text("no key"));
      reply->status = 401;
      return reply;
    });
  });
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
  const std::string reply = client.read_until("no key");
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 401");
  HttpClient http({.port = server.port()});
  EXPECT_EQ(http.post("/echo", "in", {{"x-key", "right"}})->body, "[in]");
}

TEST(HttpServer, ATakenAddressIsAnError) {
  RunningServer server(add_routes);
  Metrics metrics;
  HttpServer second({.port = server.port()}, metrics);
  const Result<uint16_t> port = second.bind();
  ASSERT_FALSE(port.has_value());
  EXPECT_EQ(port.error().kind, Error::Kind::io);
}

TEST(HttpServer, MayBeStoppedBeforeItServes) {
  Metrics metrics;
  HttpServer server({.port = 0}, metrics);
  ASSERT_TRUE(server.bind().has_value());
  server.stop();
  server.serve();
}

}  // namespace
}  // namespace anyclaude
