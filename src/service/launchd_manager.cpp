#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "service/manager_program.h"
#include "service/service_manager.h"

namespace anyclaude {
namespace {

constexpr auto patience = std::chrono::seconds(60);
constexpr auto poll_interval = std::chrono::milliseconds(100);

class LaunchdManager : public ServiceManager {
 public:
  LaunchdManager(const Environment& environment, uid_t user)
      : environment_(environment),
        domain_(fmt::format("gui/{}", user)),
        target_(fmt::format("{}/{}", domain_, launchd_label)),
        program_("launchctl", {}, "there is no launchctl on PATH", environment) {}

  Result<std::filesystem::path> file() override {
    if (!program_.ask({"print", domain_})) {
      return fail(Error::Kind::io,
                  "launchd has no session of this user here (as behind ssh, while nobody is logged "
                  "in). Log in at the Mac itself. `anyclaude service install --print` shows the "
                  "file, for another way of starting it.");
    }
    return std::filesystem::path(value_of(environment_, "HOME")) / "Library" / "LaunchAgents" /
           fmt::format("{}.plist", launchd_label);
  }

  std::string text(const ServiceDefinition& service) const override {
    return launchd_plist(service);
  }

  Result<void> start(const std::filesystem::path& file, bool changed) override {
    if (is_loaded() && changed) TRY_VOID(unload());
    TRY_VOID(program_.tell({"enable", target_}));
    return is_loaded() ? program_.tell({"kickstart", target_})
                       : program_.tell({"bootstrap", domain_, file.string()});
  }

  Result<void> stop(const std::filesystem::path&) override {
    return is_loaded() ? unload() : Result<void>();
  }

  void forget() override {}

  ServiceActivity activity() override {
    ServiceActivity activity;
    const auto shown = program_.ask({"print", target_});
    if (!shown) return activity;
    constexpr std::string_view before_process = "\n\tpid = ";
    const size_t found = shown->find(before_process);
    activity.active = found != std::string::npos;
    activity.words = activity.active ? "running" : "not running";
    for (size_t i = found + before_process.size(); activity.active && i < shown->size(); ++i) {
      if ((*shown)[i] < '0' || (*shown)[i] > '9') break;
      activity.process = activity.process * 10 + ((*shown)[i] - '0');
    }
    return activity;
  }

  std::string how_to_see_the_log(const std::filesystem::path& log) const override {
    return fmt::format("tail -f '{}'", log.string());
  }

  std::string how_to_run_without_login() const override { return {}; }

 private:
  bool is_loaded() const { return program_.ask({"print", target_}).has_value(); }

  // launchd goes on with it behind the command's end.
  Result<void> unload() const {
    TRY_VOID(program_.tell({"bootout", target_}));
    const auto end = std::chrono::steady_clock::now() + patience;
    while (is_loaded()) {
      if (std::chrono::steady_clock::now() > end) {
        return fail(Error::Kind::timeout, "launchd does not end the service");
      }
      std::this_thread::sleep_for(poll_interval);
    }
    return {};
  }

  const Environment environment_;
  const std::string domain_;
  const std::string target_;
  const ManagerProgram program_;
};

}  // namespace

std::unique_ptr<ServiceManager> launchd_manager(const Environment& environment, uid_t user) {
  return std::make_unique<LaunchdManager>(environment, user);
}

}  // namespace anyclaude
