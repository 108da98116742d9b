#include "cli/doctor_remedies.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/file.h"
#include "base/process.h"
#include "cli/backend_choice.h"
#include "cli/progress.h"
#include "engine/remote/remote_backend.h"
#include "engine/remote/server_facts.h"

namespace anyclaude {
namespace {

constexpr size_t log_tail_bytes = 2'000;
constexpr auto start_time_max = std::chrono::minutes(3);
constexpr auto look_interval = std::chrono::milliseconds(500);

Result<void> wait_until_it_answers(const Config& config, pid_t process,
                                   const std::filesystem::path& log) {
  const RemoteOptions options = TRY(first_remote(config.backend));
  UpstreamClient client(client_options(options));
  const auto end = std::chrono::steady_clock::now() + start_time_max;
  Progress progress = Progress::to_standard_error();
  while (std::chrono::steady_clock::now() < end) {
    // Asked before looking: what it wrote before it ended is then there to be read.
    const bool runs = process_runs(process);
    if (look_at_server(client, options)) return {};
    progress.show_waiting(fmt::format("waiting for {} to answer", config.backend.mode));
    if (!runs) {
      return fail(Error::Kind::io, fmt::format("the server has ended. The end of its log, {}:\n{}",
                                               log.string(), read_tail(log, log_tail_bytes)));
    }
    std::this_thread::sleep_for(look_interval);
  }
  return fail(
      Error::Kind::timeout,
      fmt::format("the server (pid {}) does not answer yet; its log is {}", process, log.string()));
}

Result<void> apply(const Remedy& remedy, const Config& config, const Environment& environment) {
  fmt::print(stderr, "==> {}\n", command_text(remedy));
  const Command command{
      remedy.command.front(), {remedy.command.begin() + 1, remedy.command.end()}, environment};
  if (remedy.stays) {
    TRY_VOID(make_private_folder(config.folders.state));
    const auto log = config.folders.state / fmt::format("{}.log", config.backend.mode);
    const pid_t process = TRY(spawn_detached(command, log));
    fmt::print(stderr, "    it runs as process {}; its log is {}\n", process, log.string());
    return wait_until_it_answers(config, process, log);
  }
  const int exit_code = TRY(run_in_terminal(command));
  if (exit_code == 0) return {};
  return fail(Error::Kind::io,
              fmt::format("{} ended with {}", command.program.string(), exit_code));
}

}  // namespace

bool any_needs_remedy(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return !check.remedies.empty(); });
}

Result<void> apply_remedies(const std::vector<Check>& checks, const Config& config,
                            const Environment& environment) {
  for (const Check& check : checks) {
    for (const Remedy& remedy : check.remedies) TRY_VOID(apply(remedy, config, environment));
  }
  return {};
}

}  // namespace anyclaude
