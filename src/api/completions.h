// POST /v1/chat/completions: OpenAI's Chat Completions API.
#pragma once

#include "api/answers.h"
#include "net/http_server.h"
#include "protocol/request_limits.h"

namespace anyclaude {

// Thread-safe. `answers` must outlive it.
class Completions {
 public:
  Completions(RequestLimits limits, Answers& answers) : limits_(limits), answers_(answers) {}

  // Answers at once with a stream, or blocks until the whole completion is there.
  HttpReply create(const HttpRequest& request);

 private:
  const RequestLimits limits_;
  Answers& answers_;
};

}  // namespace anyclaude
