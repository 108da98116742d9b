// Where the `claude` program is.
#pragma once

#include <filesystem>

#include "base/environment.h"
#include "base/result.h"
#include "config/config.h"

namespace anyclaude {

// The configured one, else `claude` on PATH, else the one that scripts/setup/claude.sh puts into
// the cache folder. Error::not_found says how to get it.
Result<std::filesystem::path> find_client(const Config& config, const Environment& environment);

}  // namespace anyclaude
