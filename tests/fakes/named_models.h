// Models by the names that parameterised tests have: the two real ones, and tiny ones with random
// weights (cmake/tiny_models.cmake).
#pragma once

#include <algorithm>
#include <string>

#include "fakes/test_models.h"

namespace anyclaude::test {

inline std::string named_model(const std::string& name) {
  if (name == "smollm2") return smollm2();
  if (name == "gemma") return gemma();
  return ANYCLAUDE_TINY_MODELS "/" + name + ".gguf";
}

// As the name of a test's instance.
inline std::string instance_name(std::string model) {
  std::ranges::replace(model, '-', '_');
  return model;
}

}  // namespace anyclaude::test
