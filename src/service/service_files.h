// The files that make a server a service of one user: systemd's unit and launchd's property list.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace anyclaude {

inline constexpr std::string_view systemd_unit_name = "anyclaude.service";
inline constexpr std::string_view launchd_label = "local.anyclaude";

struct ServiceDefinition {
  std::filesystem::path program;       // absolute
  std::vector<std::string> arguments;  // no secrets: everybody may read them while it runs
  Environment environment;             // beside what the system gives
  std::filesystem::path log;           // launchd's; systemd keeps its own
};

// Error::invalid_request for what cannot be written into such a file (control characters).
Result<void> check_definition(const ServiceDefinition& service);

std::string systemd_unit(const ServiceDefinition& service);
std::string launchd_plist(const ServiceDefinition& service);

// Whether a file is one of these, and not the user's own.
bool is_our_service_file(std::string_view text);

}  // namespace anyclaude
