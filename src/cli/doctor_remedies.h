// `doctor --fix`: runs the commands that the checks name.
#pragma once

#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "cli/check.h"
#include "config/config.h"

namespace anyclaude {

bool any_needs_remedy(const std::vector<Check>& checks);

// Runs them one after another, each shown on standard error before, and ends at the first that
// fails: the later ones need it. What stays (a server) gets a log in the state folder and is waited
// for until it answers, three minutes at most.
Result<void> apply_remedies(const std::vector<Check>& checks, const Config& config,
                            const Environment& environment);

}  // namespace anyclaude
