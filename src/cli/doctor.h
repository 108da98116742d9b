// `anyclaude doctor`: what is missing, and what would be faster.
#pragma once

#include "base/environment.h"
#include "config/config.h"

namespace anyclaude {

// 0, or 1 when something is missing without which it cannot work.
int doctor(const Config& wanted, const Environment& environment);

}  // namespace anyclaude
