#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/bytes.h"
#include "base/descriptor.h"

namespace anyclaude {
namespace {

// Reads to the end, or until more than `bytes_max` bytes were read. False: see errno.
bool read_all(int descriptor, size_t bytes_max, std::string& bytes) {
  char buffer[16 * 1024];
  while (bytes.size() <= bytes_max) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    bytes.append(buffer, static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, size_t bytes_max) {
  const Descriptor file = open_descriptor(path, O_RDONLY);
  std::string bytes;
  if (file.get() < 0 || !read_all(file.get(), bytes_max, bytes)) {
    return system_failure("read", path);
  }
  if (bytes.size() > bytes_max) {
    return fail(Error::Kind::too_large,
                fmt::format("{} is longer than {} bytes", path.string(), bytes_max));
  }
  return bytes;
}

std::string read_head(const std::filesystem::path& path, size_t bytes_max) {
  const Descriptor file = open_descriptor(path, O_RDONLY);
  std::string bytes;
  if (file.get() < 0 || bytes_max == 0 || !read_all(file.get(), bytes_max - 1, bytes)) return {};
  bytes.resize(std::min(bytes.size(), bytes_max));
  return bytes;
}

std::string read_tail(const std::filesystem::path& path, size_t bytes_max) {
  const Descriptor file = open_descriptor(path, O_RDONLY);
  if (file.get() < 0) return {};
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(bytes_max));
  if (size < 0 || ::lseek(file.get(), start, SEEK_SET) < 0) return {};
  std::string bytes;
  if (!read_all(file.get(), bytes_max, bytes)) return {};
  const size_t line_end = bytes.find('\n');
  if (start > 0 && line_end != std::string::npos) bytes.erase(0, line_end + 1);
  return bytes;
}

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
  // mkstemp makes it 0600 whatever the umask, and never opens a file that somebody else put there.
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkstemp(temporary.data()));
  if (file.get() < 0) return system_failure("write", path);
  ::fcntl(file.get(), F_SETFD, FD_CLOEXEC);
  if (!write_all(file.get(), bytes_of(bytes)) || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto failure = system_failure("write", path);
    ::unlink(temporary.c_str());
    return failure;
  }
  // Without this the new name may be lost in a crash; where a folder cannot be synced, nothing can
  // be done about it.
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor folder = open_descriptor(parent, O_RDONLY | O_DIRECTORY);
  if (folder.get() >= 0) ::fsync(folder.get());
  return {};
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) return system_failure("remove", path);
  return {};
}

std::vector<std::filesystem::path> list_folder(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator entry(path, error); !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return system_failure("make the folder", path);
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return system_failure("look at", path);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
    return fail(Error::Kind::permission,
                fmt::format("{} must be a folder of your own, and is not", path.string()));
  }
  if ((status.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0) {
    return system_failure("protect", path);
  }
  return {};
}

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path) {
  Descriptor file = open_descriptor(path, O_RDWR | O_CREAT, 0600);
  if (file.get() < 0) return system_failure("open", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(file.release());
  if (errno == EWOULDBLOCK) return std::nullopt;
  return system_failure("lock", path);
}

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  Descriptor file = open_descriptor(path, O_RDWR | O_CREAT, 0600);
  if (file.get() < 0) return system_failure("lock", path);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_failure("lock", path);
  }
  return FileLock(file.release());
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace anyclaude
