// The real models that tests run, where scripts/setup/models.sh puts them.
#pragma once

#include <cstdlib>
#include <string>

namespace anyclaude::test {

inline std::string model_path(const std::string& file) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::string folder = cache && *cache ? cache : std::string(home ? home : "") + "/.cache";
  return folder + "/anyclaude/models/" + file;
}

inline std::string smollm2() { return model_path("SmolLM2-135M-Instruct.Q4_1.gguf"); }
inline std::string gemma() { return model_path("gemma-3-270m-q4_k_m.gguf"); }

}  // namespace anyclaude::test
