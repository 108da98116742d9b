// config.toml as a list of settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct FileEntry {
  std::string key;
  std::string value;  // as the flag would have it
  uint32_t line = 0;
};

// In the file's order; empty if there is no such file. Error::invalid_request with the line for
// what is not TOML and for values that no setting can have.
Result<std::vector<FileEntry>> read_config_file(const std::filesystem::path& path);

}  // namespace anyclaude
