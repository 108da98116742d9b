// `anyclaude serve`: the server itself, from the bind to an orderly end.
#pragma once

#include "config/config.h"

namespace anyclaude {

// Returns the exit code: 0 after SIGINT, SIGTERM or, started by a launcher, when nobody needed it
// any more; 1 with a message on standard error when it cannot serve.
int serve(const Config& config);

}  // namespace anyclaude
