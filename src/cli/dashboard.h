// `anyclaude dashboard`: the link to the running server's dashboard, with the key in it.
#pragma once

#include <string>

#include "config/config.h"

namespace anyclaude {

// The key stands behind '#', which a browser sends to nobody. Without a key: none is asked for.
std::string dashboard_link(const std::string& base_url, const std::string& key);

// The exit code: 3 where no server runs.
int dashboard(const Config& config);

}  // namespace anyclaude
