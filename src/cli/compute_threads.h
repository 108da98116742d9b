// How the engine's compute threads wait for each other.
//
// libllama's threads meet at a barrier after every operation, thousands of times a second. GNU
// OpenMP lets a waiting thread spin 300,000 rounds before it sleeps, which is 14 ms and more on
// current processors: when anything else wants the cores, each barrier costs a time slice, and the
// engine falls to a twentieth of its speed. A few thousand rounds cost nothing on an idle machine
// and keep the speed on a busy one. libgomp reads its settings before main, so the server is
// executed once more with them.
#pragma once

#include <string>
#include <vector>

#include "base/environment.h"

namespace anyclaude {

// The environment that a server should run in; the same if the user has set the waiting himself.
Environment with_short_spins(Environment environment);

// Executes this program again with `with_short_spins`, unless that changes nothing. Returns if it
// changes nothing or cannot be done: the server then runs as it is.
void restart_with_short_spins(const std::vector<std::string>& arguments,
                              const Environment& environment);

}  // namespace anyclaude
