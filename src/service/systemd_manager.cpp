#include <fmt/format.h>
#include <unistd.h>

#include "service/manager_program.h"
#include "service/service_manager.h"

namespace anyclaude {
namespace {

// The value of a line "NAME=value"; empty if there is none.
std::string line_of(const std::string& text, const std::string& name) {
  const std::string all = '\n' + text;
  const size_t begin = all.find('\n' + name + '=');
  if (begin == std::string::npos) return {};
  const size_t value = begin + name.size() + 2;
  return all.substr(value, all.find('\n', value) - value);
}

class SystemdManager : public ServiceManager {
 public:
  explicit SystemdManager(const Environment& environment)
      : environment_(environment),
        program_("systemctl", {"--user", "--quiet"},
                 "there is no systemctl on PATH: this system has no systemd", environment) {}

  Result<std::filesystem::path> file() override {
    const auto session = ask({"show-environment"});
    if (!session) {
      return fail(Error::Kind::io,
                  fmt::format("systemd has no session of this user here (as in a container, or "
                              "behind su and sudo). Log in as the user itself; or have root run "
                              "`loginctl enable-linger`, and set XDG_RUNTIME_DIR=/run/user/{}. "
                              "`anyclaude service install --print` shows the file, for another "
                              "way of starting it.",
                              ::geteuid()));
    }
    // Where systemd looks, which may have been told otherwise than this shell.
    const std::string config = line_of(*session, "XDG_CONFIG_HOME");
    if (config.starts_with('/')) return in_folder(config);
    const std::string home = line_of(*session, "HOME");
    return in_folder(std::filesystem::path(home.empty() ? value_of(environment_, "HOME") : home) /
                     ".config");
  }

  std::string text(const ServiceDefinition& service) const override {
    return systemd_unit(service);
  }

  Result<void> start(const std::filesystem::path&, bool changed) override {
    TRY_VOID(tell({"daemon-reload"}));
    TRY_VOID(tell({"enable", "--now", unit()}));
    return changed ? tell({"restart", unit()}) : Result<void>();
  }

  Result<void> stop(const std::filesystem::path&) override {
    return tell({"disable", "--now", unit()});
  }

  void forget() override {
    [[maybe_unused]] auto asked = ask({"daemon-reload"});
    asked = ask({"reset-failed", unit()});  // an error where it has not failed
  }

  ServiceActivity activity() override {
    ServiceActivity activity;
    const auto shown = ask({"show", "--property=ActiveState,MainPID", unit()});
    if (!shown) return activity;
    activity.words = line_of(*shown, "ActiveState");
    activity.active = activity.words == "active" || activity.words == "activating";
    const std::string process = line_of(*shown, "MainPID");
    for (const char c : process) activity.process = activity.process * 10 + (c - '0');
    return activity;
  }

  std::string how_to_see_the_log(const std::filesystem::path&) const override {
    return "journalctl --user --unit anyclaude";
  }

  std::string how_to_run_without_login() const override { return "loginctl enable-linger"; }

 private:
  static std::string unit() { return std::string(systemd_unit_name); }

  static std::filesystem::path in_folder(const std::filesystem::path& config) {
    return config / "systemd" / "user" / systemd_unit_name;
  }

  Result<std::string> ask(const std::vector<std::string>& words) const {
    return program_.ask(words);
  }
  Result<void> tell(const std::vector<std::string>& words) const {
    return program_.tell(words, ", and " + how_to_see_the_log({}));
  }

  const Environment environment_;
  const ManagerProgram program_;
};

}  // namespace

std::unique_ptr<ServiceManager> systemd_manager(const Environment& environment) {
  return std::make_unique<SystemdManager>(environment);
}

}  // namespace anyclaude
