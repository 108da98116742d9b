// `anyclaude warm`: computes now what prompts will begin with, so that nobody waits for it later.
#pragma once

#include <string>

#include "base/environment.h"
#include "config/config.h"
#include "protocol/warm_report.h"

namespace anyclaude {

// 0 when all that the server knows is computed.
int warm(const Config& config, const Environment& environment);

// For people.
std::string warm_text(const WarmReport& report, bool from_client);

}  // namespace anyclaude
