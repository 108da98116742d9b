// Runs the installed client once so that it tells the server its prompts, as a question
// (`claude -p`) and as a session in a terminal nobody sees: the two send different ones. The server
// answers them without computing (api/fixed_answer.h).
#pragma once

#include "base/environment.h"
#include "cli/client_plan.h"
#include "cli/progress.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace anyclaude {

// Error::not_found without a client; Error::upstream if it has asked nothing in either way. Says on
// standard error which way it did not ask in, and why that may be.
Result<void> learn_prompts(const Config& config, const Environment& environment,
                           const ClientPoint& point, RunningServer& server, Progress& progress);

}  // namespace anyclaude
