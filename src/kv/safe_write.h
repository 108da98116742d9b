// A file that is whole or absent, also after a crash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>

#include "base/files.h"
#include "base/result.h"

namespace anyclaude {

// Writes `parts` to PATH.tmp (over what a crash has left there; there must be no other writer),
// syncs it, renames it to `path` and syncs the folder. After a failure there is no PATH.tmp, and
// under `path` what there was before or the new file, which then may be lost in a crash.
Result<void> write_safely(Files& files, const std::filesystem::path& path,
                          std::initializer_list<std::span<const uint8_t>> parts);

}  // namespace anyclaude
