// `anyclaude bench`: what kept prompts save here, and other servers beside it.
#pragma once

#include "base/environment.h"
#include "config/config.h"

namespace anyclaude {

// 0 when all was measured of the own server, 1 when not, 130 when the user interrupted it.
int bench(const Config& config, const Environment& environment);

}  // namespace anyclaude
