// How much JSON one text may hold.
#pragma once

#include <cstddef>

namespace anyclaude {

struct JsonLimits {
  size_t depth_max = 200;
  size_t values_max = 1'000'000;  // arrays, objects and their elements
  size_t keys_max = 10'000;       // of one object: lookups are linear
};

}  // namespace anyclaude
