// Who answers: the servers that the settings name, the embedded engine among them, and the router
// in front of them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/cache_service.h"
#include "base/metrics.h"
#include "base/paths.h"
#include "base/result.h"
#include "config/config.h"
#include "engine/remote/options.h"
#include "route/router.h"

namespace anyclaude {

class EmbeddedModels;

inline constexpr std::string_view embedded_mode = "embedded";

struct ChosenBackends {
  std::shared_ptr<EmbeddedModels> embedded;  // outlives the router
  std::unique_ptr<Router> router;            // its mode is set
};

// Keeps the mode that was chosen last.
std::filesystem::path mode_file(const Folders& folders);

// The mode that a server with these settings begins with: the one that is set, else the one that
// was chosen last (`anyclaude mode`), else embedded.
std::string first_mode(const Config& config);

// Names of modes with these settings: "auto", "embedded", and those whose address is set.
std::vector<std::string> known_modes(const BackendSettings& settings);

// Whether what that mode needs is there, before anything is begun. Of another server that is not
// known: it may start later.
Result<void> check_backend(const Config& config);

// How the servers of a mode are reached, in their order; none for "embedded".
// Error::invalid_request where no address is set.
Result<std::vector<RemoteOptions>> remote_options(const BackendSettings& settings,
                                                  std::string_view mode);

// How the first server of the mode is reached that is set; for who looks at one alone.
Result<RemoteOptions> first_remote(const BackendSettings& settings);

// Begins to load, or to look for its servers, and returns.
Result<ChosenBackends> open_backends(const Config& config, Metrics& metrics);

// What is kept of prompts by the engine of `chosen`; null where it was not needed yet.
CacheService* cache_of(const ChosenBackends& chosen);

}  // namespace anyclaude
