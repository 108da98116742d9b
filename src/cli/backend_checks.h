// What `doctor` judges of another server of models. Pure.
#pragma once

#include <vector>

#include "cli/backend_facts.h"
#include "cli/check.h"

namespace anyclaude {

// Of a server on this machine also what is needed to run it: what it consists of, a model, and the
// commands for what is missing.
std::vector<Check> examine_backend(const BackendFacts& facts);

}  // namespace anyclaude
