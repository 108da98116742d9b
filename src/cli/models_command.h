// `anyclaude models`: the models on this machine.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"
#include "protocol/models_report.h"

namespace anyclaude {

// The exit code: 0, 1 for a failure, 2 where there is no such model, 130 when it was stopped.
int models(const Config& config);

// For people. Pure functions.
std::string stored_models_text(const StoredModelList& list);
std::string known_models_text(const KnownModelList& list);

}  // namespace anyclaude
