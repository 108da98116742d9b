// The disk as a parameter: what the KV cache and the journal do to files goes through here, so that
// tests can put a disk below them that loses what was not synced, fills up or fails (tests/fakes/
// faulty_files.h). Small whole files of other parts: base/file.h.
//
// Everything made here is for its owner alone: files 0600, folders 0700. A link is not opened as a
// file. Thread-safe. Errors: not_found where there is no such thing, overloaded where the disk is
// full (ENOSPC, EDQUOT), else io; all say what failed with which path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual uint64_t size() const = 0;
  // A hint that all of it is read soon: a disk that can work ahead begins now.
  virtual void will_read() {}
  // Fills as much of `out` as the file has from `offset` on; returns how much that was.
  virtual Result<size_t> read_at(uint64_t offset, std::span<uint8_t> out) = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes; says nothing about durability
  virtual Result<void> append(std::span<const uint8_t> bytes) = 0;
  virtual Result<void> sync() = 0;  // the bytes are on the disk, not yet the name
};

// Held until destroyed; the system gives it back when the process ends, however it ends.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
  // False: the file was deleted or replaced, and another process may hold the new one.
  virtual bool holds() const = 0;
};

class Files {
 public:
  struct Entry {
    std::string name;  // without the folder
    bool is_folder = false;
    uint64_t bytes = 0;
    int64_t modified_s = 0;
  };

  virtual ~Files() = default;

  virtual Result<std::unique_ptr<ReadableFile>> open(const std::filesystem::path& path) = 0;
  // A new file; an error where there is one of that name.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::filesystem::path& path) = 0;
  // An existing or new file, written at its end.
  virtual Result<std::unique_ptr<WritableFile>> open_to_append(
      const std::filesystem::path& path) = 0;
  virtual Result<void> rename(const std::filesystem::path& from,
                              const std::filesystem::path& to) = 0;
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
  virtual Result<void> truncate(const std::filesystem::path& path, uint64_t bytes) = 0;
  virtual Result<std::vector<Entry>> list(const std::filesystem::path& folder) = 0;
  // And those above it, their names synced. No error where there is one; links are followed.
  virtual Result<void> make_folder(const std::filesystem::path& path) = 0;
  virtual Result<void> remove_folder(const std::filesystem::path& path) = 0;  // an empty one
  virtual Result<void> sync_folder(const std::filesystem::path& path) = 0;    // its names
  // Null where another process (or another holder in this one) has it.
  virtual Result<std::unique_ptr<FolderLock>> try_lock(const std::filesystem::path& path) = 0;
};

// The operating system's. Lives as long as the process.
Files& real_files();

}  // namespace anyclaude
