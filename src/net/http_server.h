// HTTP/1.1 server: transport only. Knows no models and no JSON, and hides the HTTP library.
//
// One thread serves one connection, blocking; handlers run on it. Threads come with connections and
// leave when idle. Routes, gate and refusal are set before `serve`; the server is then constant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "net/headers.h"

namespace anyclaude {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8484;                // 0: any free one
  size_t body_bytes_max = 64u << 20;   // more: 413
  size_t target_bytes_max = 8u << 10;  // of path and query; more: 414
  size_t header_bytes_max = 8u << 10;  // of one header line; more: 431
  size_t head_bytes_max = 64u << 10;   // of request line and all headers; more: 431
  size_t connections_max = 1200;       // lowered to what the limit of open files allows
  // Of these, kept for paths marked `always_served`: when the others are taken, each further
  // connection serves one such request and refuses any other with 503 at once.
  size_t connections_reserved = 16;
  size_t connections_queued_max = 512;  // waiting for a thread; more are closed unheard
  int read_timeout_s = 60;              // of a whole head, and of one read of a body
  int write_timeout_s = 60;             // of one write
  int keep_alive_timeout_s = 30;        // of an idle connection
  int reserved_timeout_s = 2;           // instead of all three, on a reserved connection
};

struct HttpRequest {
  std::string method;
  std::string path;  // without the query
  std::string query;
  std::string body;  // empty while the reply's `stream` runs
  std::string remote_address;
  std::string request_id;  // made by the server, unique, "req_..."
  // Path captures: for a route "/v1/models/{id}" the decoded value of {id}.
  std::vector<std::string> captures;
  HttpHeaders headers;
  // False once the client has closed its side, or the server is stopping. Cheap enough to ask
  // several times a second. Valid while the handler runs, its `stream` included.
  std::function<bool()> alive;

  // The first header of that name, any case; empty if there is none.
  std::string header(std::string_view name) const;
  // The decoded value of a query parameter; empty if there is none.
  std::string query_value(std::string_view name) const;
};

// Sends a streamed body, piece by piece, flushed at once.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // False: the client has left, does not read, or the server is stopping; the handler returns.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool alive() = 0;
};

struct HttpReply {
  int status = 200;
  HttpHeaders headers;
  std::string content_type = "application/json";
  std::string body;
  // Set instead of `body` for a streamed answer: called after the head has been sent.
  std::function<void(HttpStream&)> stream;
};

using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

// Looks at each request before its body is read (method, path, headers). Returns a reply to refuse.
using HttpGate = std::function<std::unique_ptr<HttpReply>(const HttpRequest&)>;

class HttpServer {
 public:
  HttpServer(HttpServerOptions options, Metrics& metrics);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // `path` may hold {name} for one segment. HEAD is answered for each GET route, OPTIONS for each
  // path; another method of a known path is 405 with Allow. `always_served`: also when connections
  // are exhausted (health, metrics, admin).
  void route(std::string method, std::string_view path, HttpHandler handler,
             bool always_served = false);
  void gate(HttpGate gate);
  // Makes the body of every reply that the server itself refuses with (404, 413, 431, 500 ...),
  // so that the API can speak its own error format.
  void refusal(std::function<HttpReply(int status, std::string message, const HttpRequest&)> body);

  // Binds; the port is then known. Error::io if the address is taken.
  Result<uint16_t> bind();
  // Serves until `stop`, and returns when the last handler has. Once, from one thread.
  void serve();
  // Thread-safe, but not for signal handlers. Open streams see alive() == false, and every
  // connection is cut.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
