// From the command line to one command. What a server is made of stands in cli/serve.cpp.
#include <cstdio>

#include "base/environment.h"
#include "cli/bench.h"
#include "cli/cache_command.h"
#include "cli/compute_threads.h"
#include "cli/dashboard.h"
#include "cli/doctor.h"
#include "cli/mode.h"
#include "cli/models_command.h"
#include "cli/run.h"
#include "cli/serve.h"
#include "cli/service.h"
#include "cli/status.h"
#include "cli/stop.h"
#include "cli/warm.h"
#include "config/config.h"

int main(int argc, char** argv) {
  using namespace anyclaude;
  const Environment environment = read_environment();
  const auto wanted = read_config({argv + 1, argv + argc}, environment);
  if (const auto* answer = std::get_if<Answer>(&wanted)) {
    std::fputs(answer->text.c_str(), answer->exit_code == 0 ? stdout : stderr);
    return answer->exit_code;
  }
  const Config& config = std::get<Config>(wanted);
  switch (config.command) {
    case CommandName::run:
      return run(config, environment);
    case CommandName::serve:
      restart_with_short_spins({argv + 1, argv + argc}, environment);
      return serve(config);
    case CommandName::status:
      return status(config);
    case CommandName::stop:
      return stop(config);
    case CommandName::warm:
      return warm(config, environment);
    case CommandName::doctor:
      return doctor(config, environment);
    case CommandName::cache:
      return cache(config);
    case CommandName::mode:
      return mode(config);
    case CommandName::dashboard:
      return dashboard(config);
    case CommandName::models:
      return models(config);
    case CommandName::service:
      return service(config, environment);
    case CommandName::bench:
      return bench(config, environment);
  }
  return 1;
}
