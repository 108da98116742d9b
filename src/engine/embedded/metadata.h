// What a GGUF says about itself.
#pragma once

#include <optional>
#include <string>

struct llama_model;

namespace anyclaude {

// Nothing where the key is missing. At most 127 bytes.
std::optional<std::string> metadata_of(const llama_model* model, const std::string& key);

std::string architecture_of(const llama_model* model);  // "llama", "gemma3"; empty: unknown

// Long-rope models pick their factors by the length of the context (llama-model.cpp).
bool picks_rope_by_context(const llama_model* model);

}  // namespace anyclaude
