// The cache that `anyclaude cache` is about: a running server's, or a folder that no server has.
#pragma once

#include <memory>
#include <string>

#include "api/cache_service.h"
#include "base/result.h"
#include "config/config.h"
#include "protocol/cache_report.h"

namespace anyclaude {

// One thread. Failures are those of CacheService, or of the way to the server.
class CacheAccess {
 public:
  virtual ~CacheAccess() = default;       // what is under way to the disk gets there
  virtual std::string where() const = 0;  // for people
  virtual Result<CacheReport> report() = 0;
  virtual Result<PromptList> list(uint64_t prompts_max) = 0;
  virtual Result<VerifyReport> verify(const CacheService::VerifyProgress& progress) = 0;
  virtual Result<PruneReport> prune(const PruneOrder& order) = 0;
  virtual Result<void> pin(const PinOrder& order) = 0;
  using TellExchange = CacheService::TellExchange;
  virtual Result<ExchangeReport> export_prompt(const ExchangeOrder& order,
                                               const TellExchange& tell) = 0;
  virtual Result<ExchangeReport> import_prompt(const ExchangeOrder& order,
                                               const TellExchange& tell) = 0;
};

// Asks the server of the configured port if its cache is the configured one, else any server whose
// folder it is; opens the folder where none runs. `changes`: Error::overloaded where another
// process that cannot be asked writes the folder.
Result<std::unique_ptr<CacheAccess>> open_cache(const Config& config, bool changes);

}  // namespace anyclaude
