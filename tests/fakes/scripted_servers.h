// Servers for a router that play scripts, on a clock that stands still until it is moved.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fakes/scripted_backend.h"
#include "route/router.h"

namespace anyclaude {

// Hands every call on to a backend that lives elsewhere: a router owns its servers.
class LentBackend final : public Backend {
 public:
  explicit LentBackend(Backend& backend) : backend_(backend) {}

  std::string name() const override { return backend_.name(); }
  std::vector<ModelInfo> models() const override { return backend_.models(); }
  Readiness readiness() const override { return backend_.readiness(); }
  Abilities abilities() const override { return backend_.abilities(); }
  Report report() const override { return backend_.report(); }
  Result<std::unique_ptr<Generation>> start(Request request) override {
    return backend_.start(std::move(request));
  }
  Result<uint32_t> count_tokens(const Request& request) override {
    return backend_.count_tokens(request);
  }

 private:
  Backend& backend_;
};

inline RoutedServer lend(std::string mode, std::string name, Backend& backend) {
  RoutedServer server;
  server.mode = std::move(mode);
  server.name = std::move(name);
  server.address = "here";
  server.open = [&backend]() -> Result<std::unique_ptr<Backend>> {
    return std::make_unique<LentBackend>(backend);
  };
  return server;
}

}  // namespace anyclaude
