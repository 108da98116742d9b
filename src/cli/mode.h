// `anyclaude mode [NAME]`: who answers, and who shall.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/running_server.h"
#include "config/config.h"
#include "protocol/mode_report.h"

namespace anyclaude {

int mode(const Config& config);

// Has a running server answer in that mode from its next request on, for this run alone. True: it
// did not before.
Result<bool> switch_mode(RunningServer& server, const std::string& mode, const std::string& key);

// For people: the mode, and a line for each server.
std::string mode_text(const ModeReport& report);

}  // namespace anyclaude
