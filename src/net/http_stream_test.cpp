// Long answers: streaming, clients that leave, stopping, and more clients than threads.
#include <gtest/gtest.h>

#include <atomic>

#include "fakes/latch.h"
#include "fakes/raw_client.h"
#include "fakes/running_server.h"
#include "net/http_server.h"

namespace anyclaude {
namespace {

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string post_stream = "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";

HttpReply text(std::string body) {
  HttpReply reply;
  reply.content_type = "text/plain";
  reply.body = std::move(body);
  return reply;
}

void add_hello(HttpServer& server) {
  server.route("GET", "/hello", [](const HttpRequest&) { return text("hello\n"); });
}

// The status line of the one reply to `bytes`.
std::string status_of(uint16_t port, const std::string& bytes) {
  RawClient client(port);
  client.send(bytes);
  const std::string line = client.read_until("\r\n");
  return line.substr(0, line.find(' ', 9));
}

TEST(HttpStream, StreamsPieceByPiece) {
  Latch first_was_read;
  RunningServer server([&](HttpServer& http) {
    http.route("POST", "/stream", [&](const HttpRequest&) {
      HttpReply reply;
      reply.content_type = "text/event-stream";
      reply.stream = [&](HttpStream& stream) {
        EXPECT_TRUE(stream.write("first "));
        EXPECT_TRUE(first_was_read.wait());
        EXPECT_TRUE(stream.write("second"));
      };
      return reply;
    });
  });
  RawClient client(server.port());
  client.send(post_stream);
  const std::string begin = client.read_until("first ");
  EXPECT_NE(begin.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(begin.find("Content-Type: text/event-stream"), std::string::npos);
  first_was_read.arrive();
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "\r\n6\r\nsecond\r\n0\r\n\r\n");

  RawClient old(server.port());
  old.send("POST /stream HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
  const std::string whole = old.read_all();
  EXPECT_EQ(whole.substr(whole.find("\r\n\r\n")), "\r\n\r\nfirst second");
}

TEST(HttpStream, AStreamHearsThatItsClientHasLeft) {
  for (const bool by_reset : {false, true}) {
    Latch left;
    RunningServer server([&](HttpServer& http) {
      http.route("POST", "/stream", [&](const HttpRequest&) {
        HttpReply reply;
        reply.stream = [&](HttpStream& stream) {
          stream.write("begin");
          while (stream.alive()) std::this_thread::yield();
          left.arrive();
        };
        return reply;
      });
    });
    RawClient client(server.port());
    client.send(post_stream);
    client.read_until("begin");
    if (by_reset) {
      client.reset();
    } else {
      client.close();
    }
    EXPECT_TRUE(left.wait());
  }
}

TEST(HttpStream, AClientThatDoesNotReadIsGivenUp) {
  Latch refused;
  RunningServer server(
      [&](HttpServer& http) {
        http.route("POST", "/stream", [&](const HttpRequest&) {
          HttpReply reply;
          reply.stream = [&](HttpStream& stream) {
            const std::string piece(1u << 20, 'x');
            while (stream.write(piece)) {
            }
            refused.arrive();
          };
          return reply;
        });
      },
      {.write_timeout_s = 1});
  RawClient client(server.port());
  client.send(post_stream);
  EXPECT_TRUE(refused.wait());
}

TEST(HttpStream, AHandlerHearsThatItsClientHasLeft) {
  Latch running;
  Latch left;
  RunningServer server([&](HttpServer& http) {
    http.route("POST", "/wait", [&](const HttpRequest& request) {
      running.arrive();
      while (request.alive()) std::this_thread::yield();
      left.arrive();
      return HttpReply{};
    });
  });
  RawClient client(server.port());
  client.send("POST /wait HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(running.wait());
  client.close();
  EXPECT_TRUE(left.wait());
}

TEST(HttpStream, StopEndsOpenStreamsAndIdleConnections) {
  Latch running;
  std::atomic<bool> ended = false;
  RunningServer server([&](HttpServer& http) {
    add_hello(http);
    http.route("POST", "/stream", [&](const HttpRequest&) {
      HttpReply reply;
      reply.stream = [&](HttpStream& stream) {
        stream.write("begin");
        running.arrive();
        while (stream.alive()) std::this_thread::yield();
        EXPECT_FALSE(stream.write("more"));
        ended = true;
      };
      return reply;
    });
  });
  RawClient streaming(server.port());
  RawClient idle(server.port());
  RawClient half(server.port());
  streaming.send(post_stream);
  idle.send(get_hello);
  idle.read_until("hello\n");
  half.send("GET /hel");
  ASSERT_TRUE(running.wait());
  server.stop();
  EXPECT_TRUE(ended);
  EXPECT_EQ(streaming.read_all().find("0\r\n\r\n"), std::string::npos) << "cut, not complete";
  EXPECT_EQ(idle.read_all(), "");
}

TEST(HttpStream, ReservedThreadsServeHealthWhenAllOthersAreBusy) {
  Latch busy(2);
  Latch release;
  RunningServer server(
      [&](HttpServer& http) {
        add_hello(http);
        http.route("GET", "/health", [](const HttpRequest&) { return text("alive"); }, true);
        http.route("POST", "/stream", [&](const HttpRequest&) {
          HttpReply reply;
          reply.stream = [&](HttpStream& stream) {
            stream.write("begin");
            busy.arrive();
            release.wait();
          };
          return reply;
        });
      },
      {.connections_max = 4, .connections_reserved = 2});
  RawClient first(server.port());
  RawClient second(server.port());
  first.send(post_stream);
  second.send(post_stream);
  ASSERT_TRUE(busy.wait());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status_of(server.port(), get_hello), "HTTP/1.1 503");
    EXPECT_EQ(status_of(server.port(), post_stream), "HTTP/1.1 503");
    EXPECT_EQ(status_of(server.port(), "GET /health HTTP/1.1\r\n\r\n"), "HTTP/1.1 200");
  }
  release.arrive();
  EXPECT_NE(first.read_until("0\r\n\r\n").find("0\r\n\r\n"), std::string::npos);
  first.close();
  // As soon as the place is free again.
  while (status_of(server.port(), get_hello) != "HTTP/1.1 200") std::this_thread::yield();
  EXPECT_NE(server.metrics().print().find("anyclaude_http_refused_total{status=\"503\"}"),
            std::string::npos);
}

TEST(HttpStream, KeepsNoBodyWhileItStreams) {
  RunningServer server([](HttpServer& http) {
    http.route("POST", "/stream", [](const HttpRequest& request) {
      HttpReply reply;
      const size_t handled = request.body.size();
      reply.stream = [&request, handled](HttpStream& stream) {
        stream.write(std::to_string(handled) + (request.body.capacity() < 100 ? " gone" : " kept"));
      };
      return reply;
    });
  });
  RawClient client(server.port());
  client.send("POST /stream HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" +
              std::string(100'000, 'x'));
  EXPECT_NE(client.read_until("0\r\n\r\n").find("100000 gone"), std::string::npos);
}

TEST(HttpStream, ServesManyStreamsAtOnce) {
  constexpr int count = 200;
  Latch all(count);
  RunningServer server([&](HttpServer& http) {
    http.route("POST", "/stream", [&](const HttpRequest&) {
      HttpReply reply;
      reply.stream = [&](HttpStream& stream) {
        all.arrive();
        all.wait();
        stream.write("end");
      };
      return reply;
    });
  });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(post_stream);
  }
  for (const auto& client : clients) {
    EXPECT_NE(client->read_until("end").find("end"), std::string::npos);
  }
}

}  // namespace
}  // namespace anyclaude
