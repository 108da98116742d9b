// `anyclaude`, the launcher: a running server, and then the real `claude` in this process's place.
#pragma once

#include "base/environment.h"
#include "config/config.h"

namespace anyclaude {

// Returns only when it fails, with the exit code: otherwise this process becomes the client, whose
// terminal, signals and exit code are then the launcher's own.
int run(const Config& config, const Environment& environment);

}  // namespace anyclaude
