// POST /v1/messages and /v1/messages/count_tokens.
#pragma once

#include <memory>

#include "api/api_metrics.h"
#include "api/auth.h"
#include "api/recorder.h"
#include "api/running_requests.h"
#include "api/warm_prompts.h"
#include "engine/backend.h"
#include "net/http_server.h"
#include "protocol/anthropic_request.h"

namespace anyclaude {

struct MessagesOptions {
  RequestLimits limits;
  int ping_interval_ms = 5000;
  int retry_after_s = 2;
  // Null: nothing is written down, nothing is remembered. Both must outlive the Messages.
  Recorder* recorder = nullptr;
  WarmPrompts* warm_prompts = nullptr;
};

// Thread-safe. Everything it is given must outlive it.
class Messages {
 public:
  Messages(MessagesOptions options, Backend& backend, const Auth& auth, RunningRequests& running,
           ApiMetrics& metrics);

  // Answers at once with a stream, or blocks until the whole message is there.
  HttpReply create(const HttpRequest& request);
  HttpReply count_tokens(const HttpRequest& request);

 private:
  struct Answer;  // one accepted request on its way out

  Result<std::unique_ptr<Generation>> start(Request request, const HttpRequest& from);
  Result<Request> with_origin(Request request, const HttpRequest& from) const;
  HttpReply refuse(const Error& error, const HttpRequest& request) const;
  HttpReply whole(Answer& answer, const HttpRequest& request);
  void stream(Answer& answer, HttpStream& out);

  const MessagesOptions options_;
  Backend& backend_;
  const Auth& auth_;
  RunningRequests& running_;
  ApiMetrics& metrics_;
};

}  // namespace anyclaude
