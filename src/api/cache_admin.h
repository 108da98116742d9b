// /api/cache: what is stored of prompts, and what can be done to it.
//
//   GET  /api/cache                  sizes, and whether the disk is written
//   GET  /api/cache/prompts?limit=N  what is stored, newest first
//   GET  /api/cache/tree?limit=N     its largest branches
//   POST /api/cache/pin              keeps a prompt or a branch, or lets go of it
//   POST /api/cache/verify           reads every file; a JSON line now and then, the last "done"
//   POST /api/cache/prune            throws out
//   POST /api/cache/export, import   one prompt to or from a file of this machine; in lines, the
//                                    last with the report, where the order says "progress"
//
// The bodies are those of protocol/cache_report.h.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "api/cache_service.h"
#include "net/http_server.h"

namespace anyclaude {

// The cache, once the server has one; null: it keeps none, or none yet, and answers 404. What it
// gives must outlive its users.
using CacheFinder = std::function<CacheService*()>;

// Thread-safe. For the owner's key alone; the caller sees to that.
class CacheAdmin {
 public:
  explicit CacheAdmin(CacheFinder find) : find_(std::move(find)) {}

  // Nothing where there is no cache.
  std::optional<CacheReport> state() const;

  HttpReply report(const HttpRequest& request);
  HttpReply list(const HttpRequest& request);
  HttpReply tree(const HttpRequest& request);
  HttpReply pin(const HttpRequest& request);
  HttpReply verify(const HttpRequest& request);
  HttpReply prune(const HttpRequest& request);
  HttpReply export_prompt(const HttpRequest& request);
  HttpReply import_prompt(const HttpRequest& request);

 private:
  class Turn;

  using Exchange = Result<ExchangeReport> (CacheService::*)(const ExchangeOrder&,
                                                            const CacheService::TellExchange&);
  HttpReply exchange(const HttpRequest& request, Exchange work);

  CacheService* service() const { return find_ ? find_() : nullptr; }

  const CacheFinder find_;
  std::atomic<bool> busy_{false};  // with one of those that keep the disk busy
};

}  // namespace anyclaude
