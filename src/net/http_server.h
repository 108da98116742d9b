// HTTP/1.1 server: transport only. Knows no models and no JSON, and hides the HTTP library.
//
// One thread serves one connection, blocking; handlers run on it. Handlers are added before
// `listen`; the server is then constant but for its counters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"

namespace anyclaude {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8484;                    // 0: any free one
  size_t body_bytes_max = 64u << 20;       // more: 413
  size_t connections_max = 1200;           // more: 503 at once
  size_t connections_reserved = 16;        // of these, only for paths marked `always_served`
  int read_timeout_s = 60;                 // of one read
  int write_timeout_s = 60;                // of one write
  int keep_alive_timeout_s = 30;           // of an idle connection
};

struct HttpRequest {
  std::string method;
  std::string path;  // without the query
  std::string query;
  std::string body;
  std::string remote_address;
  std::string request_id;  // made by the server, unique, "req_..."
  // Path captures: for a route "/v1/models/{id}" the decoded value of {id}.
  std::vector<std::string> captures;

  // The first header of that name, any case; empty if there is none.
  std::string header(std::string_view name) const;
  // False once the client has closed its side. Cheap enough to ask several times a second.
  std::function<bool()> alive;

  std::vector<std::pair<std::string, std::string>> headers;
};

// Sends a streamed body, piece by piece, flushed at once.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // False: the client has left; the handler should return.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool alive() = 0;
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
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
  void route(std::string method, std::string path, HttpHandler handler, bool always_served = false);
  void gate(HttpGate gate);
  // Makes the body of every reply that the server itself refuses with (404, 405, 413, 431, 500 ...),
  // so that the API can speak its own error format.
  void refusal(std::function<HttpReply(int status, std::string message, const HttpRequest&)> body);

  // Binds; the port is then known. Error::io if the address is taken.
  Result<uint16_t> bind();
  // Serves until `stop`; call from one thread.
  void serve();
  // Thread-safe; open streams see alive() == false.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
