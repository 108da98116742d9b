// /api/mode: who answers, and who might.
//
//   GET  /api/mode   the mode, and every server with what is known of it
//   PUT  /api/mode   {"mode": "vllm"}: from the next request on, and after a restart; with
//                    "keep": false for this run alone; answers as GET
//   GET  /api/decisions   the last requests that several servers could answer: who did, why, and
//                         what was known
//
// The bodies are those of protocol/mode_report.h and route/decision_record.h.
#pragma once

#include <optional>

#include "net/http_server.h"
#include "protocol/mode_report.h"
#include "route/router.h"

namespace anyclaude {

// Thread-safe. For the owner's key alone; the caller sees to that.
class ModeAdmin {
 public:
  // Null: there is nothing to choose, and it answers 404. Must outlive it.
  explicit ModeAdmin(Router* router) : router_(router) {}

  // Nothing where there is nothing to choose.
  std::optional<ModeReport> state() const;

  HttpReply report(const HttpRequest& request);
  HttpReply decisions(const HttpRequest& request);
  HttpReply set(const HttpRequest& request);

 private:
  Router* const router_;
};

}  // namespace anyclaude
