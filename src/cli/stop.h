// `anyclaude stop`: ends the running server.
#pragma once

#include "config/config.h"

namespace anyclaude {

// 0 when no server runs any more, 1 when it could not be ended.
int stop(const Config& config);

}  // namespace anyclaude
