#include "net/http_server.h"

#include <sys/socket.h>

#include <cpp-httplib/httplib.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/random.h"
#include "net/http_head.h"
#include "net/open_connections.h"
#include "net/open_files.h"
#include "net/refusal.h"
#include "net/routes.h"
#include "net/socket.h"
#include "net/workers.h"

namespace anyclaude {
namespace {

// Requests of up to this many path segments have their body read; routes are far shorter.
constexpr size_t body_path_segments_max = 8;

// One accepted connection and what is being answered on it.
struct Connection {
  Socket& socket;
  const bool ordinary;   // false: on a reserved thread, for one request
  bool close = false;    // after the reply under way
  bool replied = false;  // the reply is a handler's, not the library's
  HttpRequest request;
  const Route* route = nullptr;
};

// The library's callbacks carry no pointer of ours; but one thread serves one connection.
thread_local Connection* current_connection = nullptr;

class SocketStream final : public httplib::Stream {
 public:
  explicit SocketStream(Socket& socket) : socket_(socket) {}

  bool is_readable() const override { return !socket_.buffered().empty(); }
  bool wait_readable() const override { return socket_.wait_readable(); }
  bool wait_writable() const override { return socket_.wait_writable(); }
  bool is_peer_alive() const override { return socket_.alive(); }
  ssize_t read(char* bytes, size_t size) override { return socket_.read(bytes, size); }
  ssize_t write(const char* bytes, size_t size) override {
    return socket_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = socket_.remote_address();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return socket_.descriptor(); }
  time_t duration() const override { return 0; }
  const char* buffered_data(size_t& size) const override {
    const std::string_view ready = socket_.buffered();
    size = ready.size();
    return ready.empty() ? nullptr : ready.data();
  }
  void consume_buffered(size_t size) override { socket_.consume(size); }

 private:
  Socket& socket_;
};

class WorkerQueue final : public httplib::TaskQueue {
 public:
  explicit WorkerQueue(WorkersOptions options) : workers_(options) {}
  bool enqueue(std::function<void()> job) override { return workers_.run(std::move(job)); }
  void shutdown() override { workers_.shut_down(); }

 private:
  Workers workers_;
};

class SinkStream final : public HttpStream {
 public:
  SinkStream(httplib::DataSink& sink, Socket& socket) : sink_(sink), socket_(socket) {}
  bool write(std::string_view bytes) override {
    ok_ = ok_ && sink_.write(bytes.data(), bytes.size());
    return ok_;
  }
  bool alive() override { return ok_ && socket_.alive(); }
  bool ok() const { return ok_; }

 private:
  httplib::DataSink& sink_;
  Socket& socket_;
  bool ok_ = true;
};

// What no other request of any run has.
std::string new_request_id() { return "req_" + random_hex(12); }

}  // namespace

struct HttpServer::Impl final : public httplib::Server {
  Impl(HttpServerOptions options, Metrics& metrics);

  void set_up();
  bool process_and_close_socket(socket_t descriptor) override;
  bool serve_one(Connection& connection);
  void refuse_unparsed(Connection& connection, int status);

  HandlerResponse before_body(const httplib::Request& from, httplib::Response& to);
  std::optional<HttpReply> answer_without_body(Connection& connection,
                                               const httplib::Request& from);
  void with_body(const httplib::Request& from, httplib::Response& to,
                 const httplib::ContentReader& read);
  void on_error(const httplib::Request& from, httplib::Response& to);

  HttpRequest describe(const httplib::Request& from, Socket& socket);
  HttpReply refuse(int status, const HttpRequest& request);
  void apply(HttpReply reply, Connection& connection, const httplib::Request& from,
             httplib::Response& to);

  // Constant after set_up.
  HttpServerOptions options_;
  HttpHeadLimits head_limits_;
  Routes routes_;
  HttpGate gate_;
  std::function<HttpReply(int, std::string, const HttpRequest&)> refusal_ = plain_refusal;

  // Synchronise themselves.
  Metrics& metrics_;
  OpenConnections connections_;
};

HttpServer::Impl::Impl(HttpServerOptions options, Metrics& metrics)
    : options_(std::move(options)), metrics_(metrics), connections_(metrics) {}

void HttpServer::Impl::set_up() {
  fit_open_files(options_);
  connections_.set_ordinary_max(options_.connections_max - std::min(options_.connections_reserved,
                                                                    options_.connections_max / 2));
  head_limits_.target_bytes_max = options_.target_bytes_max;
  head_limits_.header_bytes_max = options_.header_bytes_max;
  head_limits_.head_bytes_max = options_.head_bytes_max;

  new_task_queue = [this] {
    return new WorkerQueue(
        {.threads_max = options_.connections_max, .queued_max = options_.connections_queued_max});
  };
  set_tcp_nodelay(true);
  // Not the library's SO_REUSEPORT, with which a second server on the same port would not fail.
  set_socket_options(
      [](socket_t socket) { httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1); });
  set_payload_max_length(options_.body_bytes_max);
  set_keep_alive_max_count(std::numeric_limits<int>::max());
  set_keep_alive_timeout(options_.keep_alive_timeout_s);

  set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
    return before_body(from, to);
  });
  set_error_handler(
      [this](const httplib::Request& from, httplib::Response& to) { on_error(from, to); });
  // before_body has found the route; the library's own routing only has to reach with_body, and by
  // these patterns it does so without a regular expression.
  const auto body_handler = [this](const httplib::Request& from, httplib::Response& to,
                                   const httplib::ContentReader& read) {
    with_body(from, to, read);
  };
  std::string pattern;
  for (size_t i = 0; i < body_path_segments_max; ++i) {
    pattern += fmt::format("/:{}", i);
    Post(pattern, body_handler);
    Put(pattern, body_handler);
    Patch(pattern, body_handler);
    Delete(pattern, body_handler);
  }
}

bool HttpServer::Impl::process_and_close_socket(socket_t descriptor) {
  Socket socket(descriptor);
  bool ordinary = false;
  if (!connections_.enter(socket, ordinary)) {
    socket.shut_down();
    return false;
  }
  const int reserved_ms = options_.reserved_timeout_s * 1000;
  const int idle_ms = ordinary ? options_.keep_alive_timeout_s * 1000 : reserved_ms;
  socket.set_timeouts(ordinary ? options_.read_timeout_s * 1000 : reserved_ms,
                      ordinary ? options_.write_timeout_s * 1000 : reserved_ms);
  while (socket.wait_readable(idle_ms)) {
    Connection connection{.socket = socket, .ordinary = ordinary, .request = {}};
    current_connection = &connection;
    const bool again = serve_guarded([&] { return serve_one(connection); });
    current_connection = nullptr;
    if (!again || connection.close || !ordinary) break;
  }
  connections_.leave(socket, ordinary);
  return true;
}

bool HttpServer::Impl::serve_one(Connection& connection) {
  switch (connection.socket.read_head(head_limits_)) {
    case Socket::Head::complete:
      break;
    case Socket::Head::closed:
      return false;
    case Socket::Head::timeout:
      refuse_unparsed(connection, 408);
      return false;
    case Socket::Head::target_too_long:
      refuse_unparsed(connection, 414);
      return false;
    case Socket::Head::too_large:
      refuse_unparsed(connection, 431);
      return false;
  }
  SocketStream stream(connection.socket);
  bool closed = false;
  const bool ok = process_request(stream, connection.socket.remote_address(), 0, "", 0,
                                  !connection.ordinary, closed, nullptr);
  return ok && !closed;
}

void HttpServer::Impl::refuse_unparsed(Connection& connection, int status) {
  HttpRequest request;
  request.request_id = new_request_id();
  request.remote_address = connection.socket.remote_address();
  const HttpReply reply = refuse(status, request);
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: {}\r\n"
      "Content-Length: {}\r\n",
      status, httplib::status_message(status), reply.content_type, reply.body.size());
  for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
  connection.socket.write(text + "\r\n" + reply.body);
}

HttpRequest HttpServer::Impl::describe(const httplib::Request& from, Socket& socket) {
  HttpRequest request;
  request.method = from.method;
  const size_t question = from.target.find('?');
  request.path = from.target.substr(0, question);
  if (question != std::string::npos) request.query = from.target.substr(question + 1);
  request.remote_address = from.remote_addr;
  request.request_id = new_request_id();
  request.headers.assign(from.headers.begin(), from.headers.end());
  request.alive = [&socket] { return socket.alive(); };
  return request;
}

httplib::Server::HandlerResponse HttpServer::Impl::before_body(const httplib::Request& from,
                                                               httplib::Response& to) {
  Connection& connection = *current_connection;
  connection.request = describe(from, connection.socket);
  std::optional<HttpReply> reply = answer_without_body(connection, from);
  if (!reply) return HandlerResponse::Unhandled;
  apply(std::move(*reply), connection, from, to);
  return HandlerResponse::Handled;
}

std::optional<HttpReply> HttpServer::Impl::answer_without_body(Connection& connection,
                                                               const httplib::Request& from) {
  HttpRequest& request = connection.request;
  RouteMatch match = routes_.match(request.method, request.path);
  if (!connection.ordinary && !match.always_served) return refuse(503, request);
  if (gate_) {
    if (std::unique_ptr<HttpReply> refused = gate_(request)) return std::move(*refused);
  }
  if (match.allow.empty()) return refuse(404, request);
  if (request.method == "OPTIONS") {
    HttpReply reply;
    reply.status = 204;
    reply.headers.emplace_back("Allow", match.allow);
    return reply;
  }
  if (match.route == nullptr) {
    HttpReply reply = refuse(405, request);
    reply.headers.emplace_back("Allow", match.allow);
    return reply;
  }
  request.captures = std::move(match.captures);
  connection.route = match.route;
  if (match.route->method == "GET") return match.route->handler(request);
  if (from.get_header_value_u64("Content-Length") > options_.body_bytes_max) {
    return refuse(413, request);
  }
  if (from.is_multipart_form_data()) return refuse(415, request);
  return std::nullopt;
}

void HttpServer::Impl::with_body(const httplib::Request& from, httplib::Response& to,
                                 const httplib::ContentReader& read) {
  Connection& connection = *current_connection;
  std::string& body = connection.request.body;
  body.reserve(from.get_header_value_u64("Content-Length"));
  const bool complete = read([&](const char* bytes, size_t size) {
    body.append(bytes, size);
    return true;
  });
  // The library has set the status: 400, 413 or 415; on_error makes the body.
  if (!complete) return;
  HttpReply reply = connection.route->handler(connection.request);
  // A stream may take hours, and there may be a thousand. (Assignment would keep the memory.)
  if (reply.stream) std::string().swap(body);
  apply(std::move(reply), connection, from, to);
}

void HttpServer::Impl::on_error(const httplib::Request& from, httplib::Response& to) {
  Connection& connection = *current_connection;
  connection.close = true;  // as the library tells the client
  if (connection.replied) return;
  if (connection.request.request_id.empty()) {
    connection.request = describe(from, connection.socket);
  }
  apply(refuse(to.status, connection.request), connection, from, to);
}

HttpReply HttpServer::Impl::refuse(int status, const HttpRequest& request) {
  metrics_
      .counter("anyclaude_http_refused_total", "Requests that the HTTP server itself refused",
               {{"status", std::to_string(status)}})
      .add();
  HttpReply reply = refusal_(status, refusal_message(status), request);
  reply.status = status;
  return reply;
}

void HttpServer::Impl::apply(HttpReply reply, Connection& connection, const httplib::Request& from,
                             httplib::Response& to) {
  connection.replied = true;
  to.status = reply.status;
  // The library would promise byte ranges, which no route has.
  if (from.method == "HEAD") to.set_header("Accept-Ranges", "none");
  for (const auto& [name, value] : reply.headers) to.set_header(name, value);
  if (!reply.stream) {
    to.set_content(std::move(reply.body), reply.content_type);
    return;
  }
  const auto provider = [stream = std::move(reply.stream), &connection](size_t,
                                                                        httplib::DataSink& sink) {
    SinkStream body(sink, connection.socket);
    stream(body);
    // A body that was cut short must not look complete.
    if (body.ok()) sink.done();
    return body.ok();
  };
  if (from.version == "HTTP/1.0") {  // knows no chunks: the body ends with the connection
    connection.close = true;
    to.set_content_provider(reply.content_type, provider);
  } else {
    to.set_chunked_content_provider(reply.content_type, provider);
  }
}

HttpServer::HttpServer(HttpServerOptions options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}

HttpServer::~HttpServer() = default;

void HttpServer::route(std::string method, std::string_view path, HttpHandler handler,
                       bool always_served) {
  impl_->routes_.add(std::move(method), path, std::move(handler), always_served);
}

void HttpServer::gate(HttpGate gate) { impl_->gate_ = std::move(gate); }

void HttpServer::refusal(
    std::function<HttpReply(int status, std::string message, const HttpRequest&)> body) {
  impl_->refusal_ = std::move(body);
}

Result<uint16_t> HttpServer::bind() {
  const HttpServerOptions& options = impl_->options_;
  impl_->set_up();
  const int port = options.port == 0
                       ? impl_->bind_to_any_port(options.host)
                       : (impl_->bind_to_port(options.host, options.port) ? options.port : -1);
  if (port <= 0) {
    return fail(Error::Kind::io, fmt::format("Cannot listen on {}:{}; is another server there?",
                                             options.host, options.port));
  }
  return static_cast<uint16_t>(port);
}

void HttpServer::serve() { impl_->listen_after_bind(); }

void HttpServer::stop() {
  impl_->connections_.cut_all();
  impl_->httplib::Server::stop();
}

}  // namespace anyclaude
