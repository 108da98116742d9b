// Models that are good at code and tools, by the memory they need, and the short names by which
// they are pulled.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace anyclaude {

struct KnownModel {
  std::string_view name;
  std::string_view repository;  // of the hub, "owner/name"
  std::string_view quant;
  uint64_t bytes = 0;      // about, of the download
  uint32_t memory_gb = 0;  // of the machine or its GPU: for it and a conversation of 24k tokens
  std::string_view description;
};

std::span<const KnownModel> known_models();  // the smallest first

// Null where none is called so.
const KnownModel* find_known_model(std::string_view name);

}  // namespace anyclaude
