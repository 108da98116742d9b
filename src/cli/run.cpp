#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/process.h"
#include "cli/api_key.h"
#include "cli/background_server.h"
#include "cli/client_plan.h"
#include "cli/client_program.h"
#include "cli/leases.h"
#include "cli/report_error.h"

namespace anyclaude {
namespace {

// All that comes before the client runs.
Result<Command> prepare(const Config& config, const Environment& environment) {
  const auto client = TRY(find_client(config, environment));
  if (config.model == "none") {
    return fail(Error::Kind::invalid_request,
                "--model none answers nothing; it is for `anyclaude serve`");
  }
  TRY_VOID(check_bind(config));
  const KeyChoice key = TRY(choose_key(config));
  RunningServer server = TRY(find_or_start_server(config, environment));
  TRY_VOID(Leases(config.folders.runtime, server.state().port).take(::getpid()));
  Progress progress = Progress::to_standard_error();
  const auto loaded = wait_until_loaded(server, config, progress);
  progress.end();
  TRY_VOID(loaded);
  const ClientPoint point = TRY(client_point(server, key.secret));
  const ClientPlan plan = plan_client(point, environment, config.launcher.client_arguments);
  for (const std::string& note : plan.notes) fmt::print(stderr, "anyclaude: {}\n", note);
  return Command{client, plan.arguments, plan.environment};
}

}  // namespace

int run(const Config& config, const Environment& environment) {
  const auto command = prepare(config, environment);
  return report_error(command ? become(*command) : command.error());
}

}  // namespace anyclaude
