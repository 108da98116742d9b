// A server in the background for the launcher: the one that runs already, or one started for it.
#pragma once

#include "base/environment.h"
#include "cli/client_plan.h"
#include "cli/progress.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace anyclaude {

// Finds or starts it; of several launchers at once only one starts it. It may still be loading.
// The error holds the end of the server's log when it ended at once.
Result<RunningServer> find_or_start_server(const Config& config, const Environment& environment);

// Returns when its model is loaded, showing how far that is.
Result<void> wait_until_loaded(RunningServer& server, const Config& config, Progress& progress);

// Both, with a lease for this process: what a command needs before it asks anything.
Result<RunningServer> ready_server(const Config& config, const Environment& environment,
                                   Progress& progress);

// What a client must know of it.
Result<ClientPoint> client_point(RunningServer& server, const std::string& key,
                                 const MoreModels& more_models);

// What of the wanted settings a server does not have that runs with `present` ("name=value" both,
// sorted); empty if it will do. Only what was set counts: who sets nothing takes any server.
std::string settings_difference(const std::vector<std::string>& wanted,
                                const std::vector<std::string>& present);

std::filesystem::path server_log(const Config& config);

}  // namespace anyclaude
