// `anyclaude cache`: what is stored of computed prompts, and what to do with it.
#pragma once

#include "config/config.h"

namespace anyclaude {

// 1 when it failed, and after a verify that found something wrong.
int cache(const Config& config);

}  // namespace anyclaude
