#include "cli/service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "base/process.h"
#include "cli/backend_choice.h"
#include "cli/report_error.h"
#include "cli/running_server.h"
#include "config/settings.h"

namespace anyclaude {
namespace {

constexpr size_t file_bytes_max = 1 << 20;

std::unique_ptr<ServiceManager> own_manager(const Environment& environment) {
#ifdef __APPLE__
  return launchd_manager(environment, ::geteuid());
#else
  return systemd_manager(environment);
#endif
}

// Variables of this shell that are settings, and that the service will not see.
std::vector<std::string> settings_left_behind(const Config& config,
                                              const Environment& environment) {
  std::vector<std::string> names;
  for (const Setting& setting : all_settings()) {
    const std::string flag = fmt::format("--{}=", setting.name);
    const bool is_given =
        std::any_of(config.server_flags.begin(), config.server_flags.end(),
                    [&](const std::string& one) { return one.starts_with(flag); });
    const std::string name = environment_name(setting);
    if (!is_given && !value_of(environment, name).empty()) names.push_back(name);
  }
  return names;
}

// The present file of the service; empty if there is none. An error for one of the user's own.
Result<std::string> present_file(const std::filesystem::path& path) {
  auto text = read_file(path, file_bytes_max);
  if (!text && text.error().kind == Error::Kind::not_found) return std::string();
  if (!text) return std::unexpected(text.error());
  if (is_our_service_file(*text)) return text;
  return fail(Error::Kind::invalid_request,
              fmt::format("{} was written by somebody else: move it away first", path.string()));
}

// Another server on its port would keep the service from starting.
Result<void> check_port(const Config& config, ServiceManager& manager) {
  const auto server = RunningServer::find(config.folders, config.http.port);
  if (!server || server->state().process == manager.activity().process) return {};
  return fail(
      Error::Kind::invalid_request,
      fmt::format("a server runs on port {} already (pid {}): end it with `anyclaude stop`, "
                  "then this again",
                  server->state().port, server->state().process));
}

Result<void> write_service_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return fail(Error::Kind::io, fmt::format("cannot make the folder {}: {}",
                                             path.parent_path().string(), error.message()));
  }
  return write_file(path, text);
}

Result<void> install(const Config& config, const Environment& environment,
                     ServiceManager& manager) {
  const ServiceDefinition definition = TRY(define_service(config, environment));
  const std::string text = manager.text(definition);
  if (config.service_command.print) {
    fmt::print("{}", text);
    return {};
  }
  TRY_VOID(check_backend(config));  // said here rather than in a log
  const std::filesystem::path path = TRY(manager.file());
  const std::string present = TRY(present_file(path));
  TRY_VOID(check_port(config, manager));
  TRY_VOID(make_private_folder(config.folders.state));  // of launchd's log
  if (text != present) TRY_VOID(write_service_file(path, text));
  TRY_VOID(manager.start(path, !present.empty() && text != present));
  fmt::print("{} {}\nruns now, and from each login on: {} {}\n",
             present.empty()   ? "installed"
             : present == text ? "installed already, as"
                               : "changed",
             path.string(), definition.program.string(), fmt::join(definition.arguments, " "));
  fmt::print("its log: {}\n", manager.how_to_see_the_log(definition.log));
  if (const std::string how = manager.how_to_run_without_login(); !how.empty()) {
    fmt::print("to have it run without a login too: {}\n", how);
  }
  fmt::print("to undo all this: anyclaude service remove\n");
  const auto names = settings_left_behind(config, environment);
  if (!names.empty()) {
    fmt::print(
        stderr,
        "anyclaude: the service does not see what this shell has set: {}. Give it as a flag, "
        "or write it into {}.\n",
        fmt::join(names, ", "), (config.folders.config / "config.toml").string());
  }
  return {};
}

Result<void> remove(ServiceManager& manager) {
  const std::filesystem::path path = TRY(manager.file());
  const std::string present = TRY(present_file(path));
  if (present.empty()) {
    fmt::print("no service is installed\n");
    return {};
  }
  TRY_VOID(manager.stop(path));
  TRY_VOID(remove_file(path));
  manager.forget();
  fmt::print("the service has ended, and {} is removed\n", path.string());
  return {};
}

// Whether it runs.
Result<bool> show_status(const Config& config, ServiceManager& manager) {
  const std::filesystem::path path = TRY(manager.file());
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    fmt::print("no service is installed; `anyclaude service install` does it\n");
    return false;
  }
  const ServiceActivity activity = manager.activity();
  fmt::print("service  {}{}\nfile     {}\nlog      {}\n", activity.words,
             activity.active ? fmt::format(" (pid {})", activity.process) : "", path.string(),
             manager.how_to_see_the_log(service_log(config)));
  return activity.active;
}

}  // namespace

std::filesystem::path service_log(const Config& config) {
  return config.folders.state / "service.log";
}

Result<ServiceDefinition> define_service(const Config& config, const Environment& environment) {
  const std::filesystem::path file = config.folders.config / "config.toml";
  if (!config.server_secrets.empty()) {
    return fail(Error::Kind::invalid_request,
                fmt::format("a key on a service's command line can be read by everybody: write it "
                            "into {}, then this again without it",
                            file.string()));
  }
  ServiceDefinition service{TRY(own_program()), {"serve"}, {}, service_log(config)};
  service.arguments.insert(service.arguments.end(), config.server_flags.begin(),
                           config.server_flags.end());
  // So that it finds the same folders as this shell.
  for (const char* name : {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"}) {
    const std::string_view folder = value_of(environment, name);
    if (!folder.empty()) service.environment[name] = folder;
  }
  TRY_VOID(check_definition(service));
  return service;
}

int service(const Config& config, const Environment& environment, ServiceManager& manager) {
  using enum ServiceCommand::Action;
  Result<void> done;
  switch (config.service_command.action) {
    case status: {
      const auto runs = show_status(config, manager);
      if (!runs) return report_error(runs.error());
      return *runs ? 0 : not_running_exit_code;
    }
    case install:
      done = anyclaude::install(config, environment, manager);
      break;
    case remove:
      done = anyclaude::remove(manager);
      break;
  }
  return done ? 0 : report_error(done.error());
}

int service(const Config& config, const Environment& environment) {
  const auto manager = own_manager(environment);
  return service(config, environment, *manager);
}

}  // namespace anyclaude
