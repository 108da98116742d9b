#include "cli/run.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/process.h"
#include "cli/api_key.h"
#include "cli/background_server.h"
#include "cli/client_plan.h"
#include "cli/client_program.h"
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
  Progress progress = Progress::to_standard_error();
  RunningServer server = TRY(ready_server(config, environment, progress));
  const ClientPoint point = TRY(client_point(server, key.secret, config.more_models));
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
