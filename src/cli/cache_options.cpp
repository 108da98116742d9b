#include "cli/cache_options.h"

#include <algorithm>
#include <filesystem>

#include "engine/embedded/survey.h"

namespace anyclaude {
namespace {

constexpr uint64_t ram_least = 64ull << 20;
constexpr uint64_t ram_most = 16ull << 30;
constexpr uint64_t disk_most = 20ull << 30;

}  // namespace

std::filesystem::path cache_folder(const Config& config) {
  return config.cache.folder.empty() ? config.folders.cache / "kv" : config.cache.folder;
}

Machine measure_machine(const std::filesystem::path& cache_folder, uint64_t model_bytes) {
  Machine machine;
  machine.memory_free_bytes = survey_machine().memory_free_bytes;
  machine.model_bytes = model_bytes;
  // The nearest folder above that is there.
  std::error_code error;
  for (auto folder = cache_folder; !folder.empty(); folder = folder.parent_path()) {
    const auto space = std::filesystem::space(folder, error);
    if (!error) {
      machine.disk_free_bytes = space.available;
      break;
    }
    if (folder == folder.parent_path()) break;
  }
  for (std::filesystem::recursive_directory_iterator file(cache_folder, error), end;
       !error && file != end; file.increment(error)) {
    std::error_code gone;  // between the look at the folder and the look at the file
    const uint64_t bytes = file->is_regular_file(gone) ? file->file_size(gone) : 0;
    if (!gone) machine.cache_bytes += bytes;
  }
  return machine;
}

CacheOptions choose_cache_options(const Config& config, const Machine& machine) {
  CacheOptions options;
  const CacheSettings& settings = config.cache;
  const uint64_t beside =
      machine.memory_free_bytes - std::min(machine.memory_free_bytes, machine.model_bytes);
  options.ram_bytes_max =
      settings.ram_bytes > 0 ? settings.ram_bytes : std::clamp(beside / 4, ram_least, ram_most);
  if (settings.no_disk) return options;
  options.disk.folder = cache_folder(config);
  options.disk.bytes_max =
      settings.disk_bytes > 0
          ? settings.disk_bytes
          : std::min(disk_most, (machine.disk_free_bytes + machine.cache_bytes) / 10);
  options.disk.bytes_per_day_max = settings.bytes_per_day;
  return options;
}

}  // namespace anyclaude
