// A model as the lists of models tell of it.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace anyclaude {

struct ListedModel {
  std::string id;
  std::string display_name;
  uint32_t context_tokens = 0;
  uint32_t output_tokens_max = 0;
  std::time_t created_at = 0;
};

}  // namespace anyclaude
