#include "engine/embedded/metadata.h"

#include <array>

#include "llama.h"

namespace anyclaude {

std::optional<std::string> metadata_of(const llama_model* model, const std::string& key) {
  std::array<char, 128> value{};
  if (llama_model_meta_val_str(model, key.c_str(), value.data(), value.size()) < 0) {
    return std::nullopt;
  }
  return value.data();
}

std::string architecture_of(const llama_model* model) {
  return metadata_of(model, "general.architecture").value_or("");
}

bool picks_rope_by_context(const llama_model* model) {
  return metadata_of(model, architecture_of(model) + ".rope.scaling.type") == "longrope";
}

}  // namespace anyclaude
