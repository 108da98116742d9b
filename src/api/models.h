// GET /v1/models and /v1/models/{id}: what the backend answers with, as the client's API lists it.
// Requests may name any model.
#pragma once

#include <ctime>

#include "engine/backend.h"
#include "net/http_server.h"

namespace anyclaude {

// Thread-safe. `backend` must outlive it.
class Models {
 public:
  // `created_at` is what every model reports: the files themselves do not say.
  Models(Backend& backend, std::time_t created_at) : backend_(backend), created_at_(created_at) {}

  HttpReply list(const HttpRequest& request) const;
  HttpReply find(const HttpRequest& request) const;  // captures: the id

 private:
  Backend& backend_;
  const std::time_t created_at_;
};

}  // namespace anyclaude
