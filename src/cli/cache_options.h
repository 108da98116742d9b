// From the settings and the machine to what the cache may take.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "kv/cache.h"

namespace anyclaude {

struct Machine {
  uint64_t memory_free_bytes = 0;
  uint64_t disk_free_bytes = 0;  // where the cache's folder is, or will be
  uint64_t cache_bytes = 0;      // that are in the folder already
  uint64_t model_bytes = 0;
};

// Looks. The folder need not exist.
Machine measure_machine(const std::filesystem::path& cache_folder, uint64_t model_bytes);

std::filesystem::path cache_folder(const Config& config);

// Only this and the settings decide. What the cache takes of the disk already counts as free, so
// that the choice is the same at each start.
CacheOptions choose_cache_options(const Config& config, const Machine& machine);

}  // namespace anyclaude
