#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/descriptor.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

bool sync_descriptor(int descriptor) {
#ifdef F_FULLFSYNC
  // macOS: fsync leaves the bytes in the disk's own cache. Not every file system has this.
  if (::fcntl(descriptor, F_FULLFSYNC) == 0) return true;
#endif
  return ::fsync(descriptor) == 0;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

class RealReadableFile final : public ReadableFile {
 public:
  RealReadableFile(Descriptor file, fs::path path, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  uint64_t size() const override { return size_; }

  void will_read() override {
#ifdef POSIX_FADV_WILLNEED
    ::posix_fadvise(file_.get(), 0, static_cast<off_t>(size_), POSIX_FADV_WILLNEED);
#endif
  }

  Result<size_t> read_at(uint64_t offset, std::span<uint8_t> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = ::pread(file_.get(), out.data() + done, out.size() - done,
                                    static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure("read", path_);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

 private:
  const Descriptor file_;
  const fs::path path_;
  const uint64_t size_;
};

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(Descriptor file, fs::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Result<void> append(std::span<const uint8_t> bytes) override {
    if (!write_all(file_.get(), bytes)) return system_failure("write", path_);
    return {};
  }
  Result<void> sync() override {
    if (!sync_descriptor(file_.get())) return system_failure("sync", path_);
    return {};
  }

 private:
  const Descriptor file_;
  const fs::path path_;
};

class RealFolderLock final : public FolderLock {
 public:
  RealFolderLock(Descriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}

  bool holds() const override {
    struct stat named = {};
    struct stat locked = {};
    return ::stat(path_.c_str(), &named) == 0 && ::fstat(file_.get(), &locked) == 0 &&
           named.st_ino == locked.st_ino && named.st_dev == locked.st_dev;
  }

 private:
  const Descriptor file_;
  const fs::path path_;
};

class RealFiles final : public Files {
 public:
  Result<std::unique_ptr<ReadableFile>> open(const fs::path& path) override {
    // O_NONBLOCK: a pipe of that name shall be an error, not a wait for somebody who writes to it.
    Descriptor file = open_descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat status = {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return system_failure("open", path);
    if (!S_ISREG(status.st_mode)) {
      return fail(Error::Kind::io, fmt::format("{} is not a file", path.string()));
    }
    return std::make_unique<RealReadableFile>(std::move(file), path,
                                              static_cast<uint64_t>(status.st_size));
  }

  Result<std::unique_ptr<WritableFile>> create(const fs::path& path) override {
    return open_to_write(path, O_CREAT | O_EXCL, "create");
  }

  Result<std::unique_ptr<WritableFile>> open_to_append(const fs::path& path) override {
    return open_to_write(path, O_CREAT | O_APPEND, "open");
  }

  Result<void> rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("rename", from);
    return {};
  }

  Result<void> remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0) return system_failure("remove", path);
    return {};
  }

  Result<void> truncate(const fs::path& path, uint64_t bytes) override {
    if (::truncate(path.c_str(), static_cast<off_t>(bytes)) != 0) {
      return system_failure("shorten", path);
    }
    return {};
  }

  Result<std::vector<Entry>> list(const fs::path& folder) override;
  Result<void> make_folder(const fs::path& path) override;

  Result<void> remove_folder(const fs::path& path) override {
    if (::rmdir(path.c_str()) != 0) return system_failure("remove the folder", path);
    return {};
  }

  Result<void> sync_folder(const fs::path& path) override {
    const Descriptor folder = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (folder.get() < 0) return system_failure("open the folder", path);
    // Some file systems cannot sync a folder, and say so; nothing can be done about it.
    if (!sync_descriptor(folder.get()) && errno != EINVAL) {
      return system_failure("sync the folder", path);
    }
    return {};
  }

  Result<std::unique_ptr<FolderLock>> try_lock(const fs::path& path) override {
    Descriptor file = open_descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (file.get() < 0) return system_failure("open", path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::unique_ptr<FolderLock>();
      return system_failure("lock", path);
    }
    auto lock = std::make_unique<RealFolderLock>(std::move(file), path);
    // Somebody may have deleted the file between the two calls, and a third have made a new one.
    if (!lock->holds()) return std::unique_ptr<FolderLock>();
    return lock;
  }

 private:
  static Result<std::unique_ptr<WritableFile>> open_to_write(const fs::path& path, int flags,
                                                             std::string_view what) {
    Descriptor file = open_descriptor(path, O_WRONLY | O_NOFOLLOW | flags, 0600);
    if (file.get() < 0) return system_failure(what, path);
    return std::make_unique<RealWritableFile>(std::move(file), path);
  }
};

Result<std::vector<Files::Entry>> RealFiles::list(const fs::path& folder) {
  struct CloseFolder {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  const std::unique_ptr<DIR, CloseFolder> stream(::opendir(folder.c_str()));
  if (!stream) return system_failure("read the folder", folder);
  std::vector<Entry> entries;
  while (true) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (found == nullptr && errno != 0) return system_failure("read the folder", folder);
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status = {};
    if (::fstatat(::dirfd(stream.get()), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // deleted meanwhile
      return system_failure("look at", folder / name);
    }
    entries.push_back({.name = std::string(name),
                       .is_folder = S_ISDIR(status.st_mode),
                       .bytes = static_cast<uint64_t>(status.st_size),
                       .modified_s = static_cast<int64_t>(status.st_mtime)});
  }
  return entries;
}

Result<void> RealFiles::make_folder(const fs::path& path) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path at = path; !fs::is_directory(at, ignored); at = at.parent_path()) {
    missing.push_back(at);
    if (at.parent_path() == at || !at.has_parent_path()) break;
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (::mkdir(at->c_str(), 0700) == 0) {
      TRY_VOID(sync_folder(folder_of(*at)));
    } else if (errno != EEXIST || !fs::is_directory(*at, ignored)) {
      return system_failure("make the folder", *at);
    }
  }
  return {};
}

}  // namespace

Files& real_files() {
  static RealFiles files;
  return files;
}

}  // namespace anyclaude
