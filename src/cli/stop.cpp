#include "cli/stop.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "base/process.h"
#include "cli/report_error.h"
#include "cli/running_server.h"

namespace anyclaude {
namespace {

constexpr auto patience = std::chrono::seconds(30);

}  // namespace

int stop(const Config& config) {
  const auto server = RunningServer::find(config.folders, config.http.port);
  if (!server) {
    const auto states = read_states(config.folders.runtime, config.http.port);
    if (states.empty()) {
      fmt::print("no server runs\n");
      return 0;
    }
    // Its number may belong to another program by now.
    return report_error(fmt::format(
        "process {} should serve port {}, but does not prove to be our server; if it is, end it "
        "with: kill {}",
        states.front().process, states.front().port, states.front().process));
  }
  const pid_t process = server->state().process;
  if (::kill(process, SIGTERM) != 0 && process_runs(process)) {
    return report_error(fmt::format("may not end the server (pid {})", process));
  }
  if (!wait_until_gone(process, patience)) {
    return report_error(
        fmt::format("the server (pid {}) is still finishing; to end it at once: "
                    "kill -9 {}",
                    process, process));
  }
  fmt::print("the server on port {} (pid {}) has ended\n", server->state().port, process);
  return 0;
}

}  // namespace anyclaude
