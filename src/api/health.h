// GET /health, alive; and GET /ready, able to answer.
#pragma once

#include <cstddef>
#include <string>

#include "engine/backend.h"
#include "net/http_server.h"

namespace anyclaude {

struct HealthOptions {
  std::string version;
  std::string nonce;
  size_t challenge_bytes_max = 256;
};

// Thread-safe. `backend` must outlive it.
class Health {
 public:
  Health(HealthOptions options, Backend& backend);

  // Always 200. With ?challenge=X also "proof", see nonce_proof (api/auth.h).
  HttpReply health(const HttpRequest& request) const;
  // 200 or 503.
  HttpReply ready(const HttpRequest& request) const;

 private:
  std::string body(const Readiness& readiness, const std::string& proof) const;

  const HealthOptions options_;
  Backend& backend_;
};

}  // namespace anyclaude
