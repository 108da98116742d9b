// POST /v1/messages and /v1/messages/count_tokens: the Messages API.
#pragma once

#include "api/answers.h"
#include "net/http_server.h"
#include "protocol/request_limits.h"

namespace anyclaude {

// Thread-safe. `answers` must outlive it.
class Messages {
 public:
  Messages(RequestLimits limits, Answers& answers) : limits_(limits), answers_(answers) {}

  // Answers at once with a stream, or blocks until the whole message is there.
  HttpReply create(const HttpRequest& request);
  HttpReply count_tokens(const HttpRequest& request);

 private:
  const RequestLimits limits_;
  Answers& answers_;
};

}  // namespace anyclaude
