// What GET /api/events tells (api/events_feed.h), part by part; each body is one that another route
// gives too:
//
//   server    version, models, how far it is loaded
//   requests  what runs, as GET /api/requests
//   finished  what has ended since, as GET /api/history
//   savings   what reuse has saved today and in all
//   mode      as GET /api/mode
//   cache     as GET /api/cache; {} where there is none
//   log       the log's warnings and errors since
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/cache_admin.h"
#include "api/events_feed.h"
#include "api/mode_admin.h"
#include "api/recent_log.h"
#include "api/request_history.h"
#include "api/running_requests.h"
#include "api/savings.h"
#include "engine/backend.h"

namespace anyclaude {

// All but `log` are there, and outlive the feed.
struct EventSources {
  std::string version;    // of the program
  int64_t started_s = 0;  // Unix time
  const Backend* backend = nullptr;
  const RunningRequests* running = nullptr;
  const RequestHistory* history = nullptr;
  const Savings* savings = nullptr;
  const ModeAdmin* mode = nullptr;
  const CacheAdmin* cache = nullptr;
  RecentLog* log = nullptr;  // null: nothing is told of it
};

std::vector<EventPart> event_parts(const EventSources& sources);

}  // namespace anyclaude
