// What people may ask of a cache, and do to it: the reports of protocol/cache_report.h from a
// KvCache. Behind /api/cache, and of `anyclaude cache` where no server runs.
//
// Thread-safe. Works on the caller's thread and waits for the disk there; the engine goes on
// meanwhile, because the cache holds no lock over I/O.
#pragma once

#include <functional>
#include <string>

#include "base/files.h"
#include "base/metrics.h"
#include "base/result.h"
#include "kv/cache.h"
#include "kv/pinned.h"
#include "protocol/cache_report.h"

namespace anyclaude {

class CacheService {
 public:
  // `folder` is told, not used: where the cache keeps its files; empty: nowhere. `metrics` are the
  // cache's. `pinned` writes down what is kept. What is given must outlive it.
  CacheService(KvCache& cache, Files& files, Metrics& metrics, std::string folder,
               PinnedPrompts& pinned);

  CacheReport report() const;
  PromptList list(size_t prompts_max) const;
  BranchList branches(size_t branches_max) const;

  // Keeps a prompt or a branch from being thrown out, also after a restart. Error::not_found for an
  // id that there is none of, Error::invalid_request where too much would be kept.
  Result<void> pin(const PinOrder& order);

  // Reads every file. `progress` is told before each how far it is; false ends it.
  using VerifyProgress = std::function<bool(const VerifyReport&)>;
  VerifyReport verify(const VerifyProgress& progress);

  // Error::invalid_request for an order that names nothing, or too much.
  Result<PruneReport> prune(const PruneOrder& order);

  // Hears with each piece how far an exchange is.
  using TellExchange = std::function<void(const ExchangeStep&)>;

  // Error::not_found for an id that no prompt has, or a path that is not there; a file that is
  // there already is not written over.
  Result<ExchangeReport> export_prompt(const ExchangeOrder& order, const TellExchange& tell = {});
  // Error::permission for what the team's key does not vouch for.
  Result<ExchangeReport> import_prompt(const ExchangeOrder& order, const TellExchange& tell = {});

 private:
  Result<PieceKey> find_prompt(const std::string& id) const;

  KvCache& cache_;
  Files& files_;
  const std::string folder_;
  Counter& wrong_;
  PinnedPrompts& pinned_;
};

}  // namespace anyclaude
