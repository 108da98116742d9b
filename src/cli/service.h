// `anyclaude service`: the server as a service of this user, which runs from each login on.
#pragma once

#include "base/environment.h"
#include "config/config.h"
#include "service/service_manager.h"

namespace anyclaude {

// 0 when it is as wanted; status: 3 when it does not run. Doing it twice changes nothing.
int service(const Config& config, const Environment& environment);

// The same with another manager.
int service(const Config& config, const Environment& environment, ServiceManager& manager);

// What is to run: this program with the settings of the command line. Error::invalid_request where
// a key is among them, for everybody could read it there.
Result<ServiceDefinition> define_service(const Config& config, const Environment& environment);

// Where it writes what systemd would keep itself.
std::filesystem::path service_log(const Config& config);

}  // namespace anyclaude
