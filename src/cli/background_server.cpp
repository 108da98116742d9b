#include "cli/background_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/file.h"
#include "base/process.h"
#include "cli/api_key.h"
#include "cli/backend_choice.h"
#include "cli/leases.h"
#include "cli/mode.h"
#include "models/model_choice.h"
#include "protocol/model_id.h"

namespace anyclaude {
namespace {

constexpr size_t log_tail_bytes = 2'000;
constexpr auto poll_interval = std::chrono::milliseconds(50);
constexpr int silent_answers_max = 6;  // each of some seconds, on a machine that is busy loading
constexpr auto start_time_max = std::chrono::seconds(60);

std::unexpected<Error> explain_end(const Config& config) {
  return fail(
      Error::Kind::internal,
      fmt::format("the server has ended. The end of its log, {}:\n{}", server_log(config).string(),
                  read_tail(server_log(config), log_tail_bytes)));
}

// The last server's log becomes the old one, so that this one's end is not shown among older ends.
void turn_log(const std::filesystem::path& log) {
  std::error_code error;
  std::filesystem::rename(log, log.string() + ".old", error);
}

Result<RunningServer> start_server(const Config& config, const Environment& environment) {
  TRY_VOID(check_backend(config));  // said here rather than in a log
  TRY_VOID(make_private_folder(config.folders.state));
  Command command{TRY(own_program()), {"serve", "--detached"}, environment};
  command.arguments.insert(command.arguments.end(), config.server_flags.begin(),
                           config.server_flags.end());
  for (const auto& [name, value] : config.server_secrets) command.environment[name] = value;
  turn_log(server_log(config));
  const pid_t process = TRY(spawn_detached(command, server_log(config)));
  const auto end = std::chrono::steady_clock::now() + start_time_max;
  while (std::chrono::steady_clock::now() < end) {
    // Asked before looking: what it wrote before it ended is then there to be found.
    const bool runs = process_runs(process);
    auto server = RunningServer::find(config.folders, config.http.port);
    if (server && server->state().process == process) return std::move(*server);
    if (!runs) return explain_end(config);
    std::this_thread::sleep_for(poll_interval);
  }
  return fail(Error::Kind::timeout,
              fmt::format("the server (pid {}) does not answer; its log is {}", process,
                          server_log(config).string()));
}

// One that could not load its model still answers for a moment; returns when it is gone.
bool is_ending(RunningServer& server) {
  const auto health = server.health();
  if (health && !health->failed) return false;
  return wait_until_gone(server.state().process, std::chrono::seconds(5));
}

// The settings that shape a server, with its model by path: the same model has several names.
std::vector<std::string> settings_wanted(const Config& config) {
  std::vector<std::string> wanted = config.engine_settings;
  for (std::string& setting : wanted) {
    if (!setting.starts_with("model=")) continue;
    const auto choice = choose_model(config.model, config.folders);
    if (choice && !choice->none) setting = "model=" + choice->path.string();
  }
  return wanted;
}

std::string name_of(const std::string& setting) { return setting.substr(0, setting.find('=')); }

}  // namespace

std::filesystem::path server_log(const Config& config) {
  return config.folders.state / fmt::format("serve-{}.log", config.http.port);
}

Result<RunningServer> ready_server(const Config& config, const Environment& environment,
                                   Progress& progress) {
  RunningServer server = TRY(find_or_start_server(config, environment));
  TRY_VOID(Leases(config.folders.runtime, server.state().port).take(::getpid()));
  if (!config.backend.mode.empty()) {
    const KeyChoice key = TRY(choose_key(config));
    if (TRY(switch_mode(server, config.backend.mode, key.secret))) {
      fmt::print(stderr, "anyclaude: the running server answers in mode {} now\n",
                 config.backend.mode);
    }
  }
  const auto loaded = wait_until_loaded(server, config, progress);
  progress.end();
  TRY_VOID(loaded);
  return server;
}

Result<ClientPoint> client_point(RunningServer& server, const std::string& key,
                                 const MoreModels& more_models) {
  const auto models = TRY(server.models(key));
  if (models.empty()) return fail(Error::Kind::internal, "the server names no model");
  const ModelReport& model = models.front();
  ClientPoint point{.base_url = server.base_url(),
                    .key = key,
                    .model_id = model.id,
                    .small_model_id = {},
                    .context_tokens = model.context_tokens,
                    .output_tokens_max = model.output_tokens_max};
  if (more_models.small_model.empty()) return point;
  // In another mode the server has other models.
  const std::string small = model_id_of_name(more_models.small_model);
  const bool there = std::ranges::find(models, small, &ModelReport::id) != models.end();
  if (there) point.small_model_id = small;
  return point;
}

std::string settings_difference(const std::vector<std::string>& wanted,
                                const std::vector<std::string>& present) {
  std::string difference;
  for (const std::string& setting : wanted) {
    if (std::find(present.begin(), present.end(), setting) != present.end()) continue;
    const auto other = std::find_if(present.begin(), present.end(), [&](const std::string& one) {
      return name_of(one) == name_of(setting);
    });
    difference += fmt::format("{}{} (there: {})", difference.empty() ? "" : ", ", setting,
                              other == present.end() ? "not set" : *other);
  }
  return difference;
}

Result<RunningServer> find_or_start_server(const Config& config, const Environment& environment) {
  TRY_VOID(make_private_folder(config.folders.runtime));
  // Held until the server is there, so that another launcher finds it instead of starting its own.
  const FileLock lock = TRY(FileLock::take(config.folders.runtime / "start.lock"));
  auto server = RunningServer::find(config.folders, config.http.port);
  if (server && is_ending(*server)) server.reset();
  if (!server) return start_server(config, environment);
  if (server->state().model == "none") {
    return fail(Error::Kind::invalid_request,
                "the running server has no model (--model none); end it with `anyclaude stop`");
  }
  // First, for the name that is compared: a default model is in no setting.
  std::vector<std::string> present = {"model=" + server->state().model};
  present.insert(present.end(), server->state().settings.begin(), server->state().settings.end());
  const std::string difference = settings_difference(settings_wanted(config), present);
  if (!difference.empty()) {
    return fail(Error::Kind::invalid_request,
                fmt::format("a server runs already on port {}, with other settings than {}. End it "
                            "with `anyclaude stop`, or start a second one with --port.",
                            server->state().port, difference));
  }
  return std::move(*server);
}

Result<void> wait_until_loaded(RunningServer& server, const Config& config, Progress& progress) {
  for (int silent = 0;;) {
    const auto health = server.health();
    if (!health) {
      if (!process_runs(server.state().process)) return explain_end(config);
      if (++silent == silent_answers_max) return std::unexpected(health.error());
      continue;
    }
    silent = 0;
    if (health->failed) return fail(Error::Kind::io, health->what);
    if (health->ready) return {};
    progress.show(health->what, health->progress);
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace anyclaude
