// The HTTP API: adds its routes to an HttpServer and answers them from a Backend.
//
//   GET  /, /assets/{name}          the dashboard (no key needed): api/dashboard.h
//   POST /v1/messages               stream and not
//   POST /v1/messages/count_tokens
//   POST /v1/chat/completions       stream and not; in OpenAI's form
//   GET  /v1/models, /v1/models/{id}    in OpenAI's form without an anthropic-version header
//   GET  /health                    alive (no key needed); ?challenge=X answers with a proof
//   GET  /ready                     200 when the backend can answer, else 503 (no key needed)
//   GET  /metrics                   Prometheus text; for the owner's key alone, as all below
//   GET  /api/requests              what is running now
//   GET  /api/history?before=N&limit=M  what has ended, the newest first
//   GET  /api/events                all of this as it changes: api/event_parts.h
//   ...  /api/cache                 what is stored of prompts: api/cache_admin.h
//   ...  /api/warm                  the prompts that will come again: api/warmer.h
//   GET  /api/mode                  who answers, and who might: api/mode_admin.h
//   GET  /api/decisions             who answered the last requests, and why
//   PUT  /api/mode                  {"mode": "vllm"}: for all requests from the next one on
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "api/auth.h"
#include "api/cache_admin.h"
#include "api/recent_log.h"
#include "api/recorder.h"
#include "api/savings.h"
#include "api/warm_prompts.h"
#include "base/metrics.h"
#include "engine/backend.h"
#include "net/http_server.h"
#include "protocol/request_limits.h"
#include "route/router.h"

namespace anyclaude {

struct ApiOptions {
  AuthOptions auth;
  std::string version;               // of the program, for /health
  std::string nonce;                 // of this server's run; never sent, see nonce_proof (auth.h)
  int ping_interval_ms = 5000;       // of a silent stream; the client gives up after 300 s
  size_t challenge_bytes_max = 256;  // of /health?challenge=
  int retry_after_s = 2;             // told to clients that come while the model is loading
  RequestLimits limits;
  CacheFinder cache;                    // see cache_admin.h
  Router* router = nullptr;             // null: there is one backend; must outlive the Api
  Recorder* recorder = nullptr;         // null: requests are not written down; must outlive the Api
  WarmPrompts* warm_prompts = nullptr;  // null: none are remembered; must outlive the Api
  Savings* savings = nullptr;           // null: of this run alone; must outlive the Api
  std::shared_ptr<RecentLog> log;       // of the logger; null: its lines are not told
};

// Thread-safe. Must outlive the HttpServer's `serve`; `backend` and `metrics` must outlive it.
class Api {
 public:
  Api(ApiOptions options, Backend& backend, Metrics& metrics);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Adds the routes, the gate (keys, Host, Origin) and the error format. Before the server listens.
  void add_routes(HttpServer& server);

  // Since when no client has asked for an answer; zero while one is being answered. For a server
  // that leaves when it is not needed any more.
  std::chrono::seconds idle() const;

  // Computes the prompts that will come again, until somebody asks or `go_on` is false, which is
  // asked some times a second. True: all are done.
  bool warm(const std::function<bool()>& go_on);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
