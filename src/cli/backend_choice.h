// Who answers: the backend that the settings ask for, with all that it needs to live.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "config/config.h"
#include "engine/backend.h"
#include "kv/cache.h"

namespace anyclaude {

struct ChosenBackend {
  std::unique_ptr<KvCache> cache;  // null: none is kept here
  std::unique_ptr<Backend> backend;
  std::string model;  // what the server says it serves: a path, or "none"
  // What it turned out to be once it is ready, for people: (name, text). None: it answers nothing.
  std::function<std::vector<std::pair<std::string, std::string>>()> report;
};

// Whether what the settings name is there, before anything is begun. Of another server that is not
// known: it may start later.
Result<void> check_backend(const Config& config);

// Begins to load, or to look for its server, and returns.
Result<ChosenBackend> open_backend(const Config& config, Metrics& metrics);

}  // namespace anyclaude
