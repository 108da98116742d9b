#include "cli/compute_threads.h"

#include "base/process.h"

namespace anyclaude {

Environment with_short_spins(Environment environment) {
  for (const char* set : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}) {
    if (!value_of(environment, set).empty()) return environment;
  }
  environment["GOMP_SPINCOUNT"] = "3000";
  return environment;
}

void restart_with_short_spins(const std::vector<std::string>& arguments,
                              const Environment& environment) {
  Environment wanted = with_short_spins(environment);
  if (wanted == environment) return;
  const auto program = own_program();
  if (program) become({*program, arguments, std::move(wanted)});
}

}  // namespace anyclaude
