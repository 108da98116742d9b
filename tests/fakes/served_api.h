// The whole API over a script: a ScriptedBackend behind an Api behind a running HttpServer.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "api/api.h"
#include "fakes/running_server.h"
#include "fakes/scripted_backend.h"
#include "net/http_client.h"

namespace anyclaude {

inline ApiOptions api_options() {
  ApiOptions options;
  options.auth.owner_secret = "secret";
  options.auth.keys = {{.name = "team", .secret = "other secret"}};
  options.version = "1.2.3";
  options.nonce = "nonce";
  return options;
}

class ServedApi {
 public:
  explicit ServedApi(Script script = {}, ApiOptions options = api_options(),
                     HttpServerOptions http = {})
      : backend_(std::move(script)),
        api_(std::move(options), backend_, metrics_),
        server_([this](HttpServer& server) { api_.add_routes(server); }, std::move(http),
                &metrics_) {}

  Result<HttpAnswer> get(const std::string& path,
                         const HttpHeaders& headers = {{"x-api-key", "secret"}}) {
    return HttpClient({.port = server_.port()}).get(path, headers);
  }
  Result<HttpAnswer> post(const std::string& path, const std::string& body,
                          const HttpHeaders& headers = {{"x-api-key", "secret"}}) {
    return HttpClient({.port = server_.port()}).post(path, body, headers);
  }

  // The value of a metric's line, "name{labels}"; -1: there is none.
  double metric(const std::string& line) {
    const std::string text = "\n" + metrics_.print();
    const size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }
  // Waits until it has that value; false after 20 seconds.
  bool metric_becomes(const std::string& line, double value) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (metric(line) != value) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  ScriptedBackend& backend() { return backend_; }
  Api& api() { return api_; }
  RunningServer& server() { return server_; }

 private:
  Metrics metrics_;
  ScriptedBackend backend_;
  Api api_;
  RunningServer server_;
};

}  // namespace anyclaude
