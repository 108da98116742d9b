// An HttpServer on a free port of the loopback, served by a thread of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

#include "base/metrics.h"
#include "net/http_server.h"

namespace anyclaude {

class RunningServer {
 public:
  // `add_routes` runs before the server listens. Without `metrics` it has some of its own.
  explicit RunningServer(const std::function<void(HttpServer&)>& add_routes,
                         HttpServerOptions options = {}, Metrics* metrics = nullptr)
      : metrics_(metrics != nullptr ? *metrics : own_metrics_),
        server_(at_free_port(std::move(options)), metrics_) {
    add_routes(server_);
    const Result<uint16_t> port = server_.bind();
    EXPECT_TRUE(port.has_value());
    port_ = port.value_or(0);
    thread_ = std::thread([this] { server_.serve(); });
  }
  ~RunningServer() { stop(); }

  // Returns when every handler has.
  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  uint16_t port() const { return port_; }
  Metrics& metrics() { return metrics_; }

 private:
  static HttpServerOptions at_free_port(HttpServerOptions options) {
    options.port = 0;
    return options;
  }

  Metrics own_metrics_;
  Metrics& metrics_;
  HttpServer server_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace anyclaude
