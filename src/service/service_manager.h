// What keeps a user's services running: systemd, or launchd on a Mac, each through its own command.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/environment.h"
#include "base/paths.h"
#include "base/result.h"
#include "service/service_files.h"

namespace anyclaude {

struct ServiceActivity {
  bool active = false;
  pid_t process = 0;  // where it is active
  std::string words;  // the manager's own: "active", "failed", "inactive"
};

// Knows one service, ours. One thread.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;

  // Where the service's file lies; asks the manager. Error::io, with what to do, where there is
  // none that would listen to this user.
  virtual Result<std::filesystem::path> file() = 0;
  virtual std::string text(const ServiceDefinition& service) const = 0;

  // Has the service run now and from each login on. `changed`: one that runs is started anew.
  virtual Result<void> start(const std::filesystem::path& file, bool changed) = 0;
  // Has it end, and not come again.
  virtual Result<void> stop(const std::filesystem::path& file) = 0;
  // After the file was removed.
  virtual void forget() = 0;

  virtual ServiceActivity activity() = 0;
  virtual std::string how_to_see_the_log(const std::filesystem::path& log) const = 0;
  // How it runs without a login, in a sentence; empty: it cannot.
  virtual std::string how_to_run_without_login() const = 0;
};

std::unique_ptr<ServiceManager> systemd_manager(const Environment& environment);
std::unique_ptr<ServiceManager> launchd_manager(const Environment& environment, uid_t user);

}  // namespace anyclaude
