// Computes the prompts that will come again before anybody asks (api/warm_prompts.h), so that they
// lie in the cache.
//
//   GET  /api/warm   how many are known
//   POST /api/warm   computes them; a JSON line now and then (protocol/warm_report.h), the last
//                    "done"
#pragma once

#include <functional>

#include "api/warm_prompts.h"
#include "engine/backend.h"
#include "net/http_server.h"
#include "protocol/warm_report.h"

namespace anyclaude {

// Thread-safe. The routes are for the owner's key alone; the caller sees to that.
class Warmer {
 public:
  // Both must outlive it.
  Warmer(Backend& backend, const WarmPrompts& prompts) : backend_(backend), prompts_(prompts) {}

  // One after the other, the newest first; requests go before them. `progress` hears some times a
  // second how far it is; false ends it, and what was computed stays.
  using Progress = std::function<bool(const WarmReport&)>;
  WarmReport warm(const Progress& progress);

  HttpReply report();
  HttpReply warm_streaming();

 private:
  // False: `progress` has ended it.
  bool warm_one(const WarmPrompt& prompt, const Progress& progress, WarmReport& report);

  Backend& backend_;
  const WarmPrompts& prompts_;
};

}  // namespace anyclaude
