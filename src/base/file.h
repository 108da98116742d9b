// Small whole files and the folders they live in. A written file is complete or absent: a reader,
// also one after a crash, sees the old bytes or the new ones, never half of them.
//
// Everything made here is for its owner alone: files 0600, folders 0700. Thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anyclaude {

// Error::not_found if there is no such file, too_large if it is longer than `bytes_max`, else io.
Result<std::string> read_file(const std::filesystem::path& path, size_t bytes_max);

// The first bytes of a file; empty if it cannot be read.
std::string read_head(const std::filesystem::path& path, size_t bytes_max);

// The last bytes of a file, from a line's start on; empty if it cannot be read. For showing logs.
std::string read_tail(const std::filesystem::path& path, size_t bytes_max);

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder.
// Error::overloaded if the disk is full, else io.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);

// Error::not_found if there was none.
Result<void> remove_file(const std::filesystem::path& path);

// The entries of a folder, sorted; none if it cannot be read.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& path);

// Makes the folder and those above it. An existing last folder must be a real folder (no link) of
// this user, and loses the rights of group and others: it may hold keys and lie in a shared /tmp.
Result<void> make_private_folder(const std::filesystem::path& path);

// An exclusive lock on a file, which the system gives back when this process ends, however it ends.
class FileLock {
 public:
  // Nothing if another process holds it.
  static Result<std::optional<FileLock>> try_take(const std::filesystem::path& path);
  // Waits for it.
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace anyclaude
