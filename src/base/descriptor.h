// An open file of the system and the calls on it that go on when a signal comes. For the .cpp files
// of base/ that touch files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.h"

namespace anyclaude {

// Owns a descriptor; closes it.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return value_; }  // negative: opening has failed, see errno
  int release();

 private:
  int value_;
};

// Never inherited by child processes.
Descriptor open_descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0);

// What the system says about the last failed call, with what was tried and where. Its kind is
// not_found where there is no such thing, overloaded where the disk is full, else io.
std::unexpected<Error> system_failure(std::string_view what, const std::filesystem::path& path);

// False: see errno.
bool write_all(int descriptor, std::span<const uint8_t> bytes);

}  // namespace anyclaude
