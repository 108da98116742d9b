// A disk in memory that behaves as real ones do on bad days. What was not synced (bytes of a file,
// names of a folder) is lost, or kept, or half kept, when it crashes; it fills up, fails, and
// holds other bytes than were written. Everything random comes from the seed.
//
// Its users are processes as far as locks go: one holder a lock, whoever asks. `crash` ends all of
// them: whatever they still do fails, and changes nothing, until `restart`. So a test crashes,
// destroys what used the disk, restarts, and opens it anew.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/sync.h"

namespace anyclaude {

enum class DiskCall : uint8_t {
  open,  // also create and open_to_append
  read,
  write,
  sync,  // also sync_folder
  rename,
  remove,  // also remove_folder
  truncate,
  list,
  make_folder,
  lock,
  count
};

// Thread-safe.
class FaultyFiles final : public Files {
 public:
  using Path = std::filesystem::path;

  explicit FaultyFiles(uint64_t seed = 1) : random_(seed) {}

  // ---- What happens to the disk.

  enum class Unsynced : uint8_t { lost, kept, random };
  void crash(Unsynced unsynced = Unsynced::random);
  // Right behind the next call that changes something, or behind the `calls`th.
  void crash_after(uint64_t calls, Unsynced unsynced = Unsynced::random);
  bool crashed() const;
  void restart();

  // From the next call on; `times` calls fail after `skipped` that do not.
  void fail_next(DiskCall call, uint32_t times = 1, uint32_t skipped = 0);
  void fail_often(DiskCall call, double probability);  // 0 ends it
  // No call of this kind comes back before `release`.
  void hold(DiskCall call);
  void release(DiskCall call);
  void set_bytes_max(uint64_t bytes_max);
  void read_short(double probability);  // as if the file ended earlier

  // ---- What somebody else does to it; synced at once.

  void flip(const Path& path, uint64_t offset, uint8_t mask = 1);
  void put(const Path& path, std::vector<uint8_t> bytes);
  void remove_all(const Path& folder);  // with all it holds, and its locks

  // ---- What is there.

  bool exists(const Path& path) const;
  std::vector<uint8_t> contents(const Path& path) const;
  std::vector<Path> all_files() const;  // sorted
  uint64_t bytes() const;
  uint64_t calls(DiskCall call) const;

  // ---- Files

  Result<std::unique_ptr<ReadableFile>> open(const Path& path) override;
  Result<std::unique_ptr<WritableFile>> create(const Path& path) override;
  Result<std::unique_ptr<WritableFile>> open_to_append(const Path& path) override;
  Result<void> rename(const Path& from, const Path& to) override;
  Result<void> remove(const Path& path) override;
  Result<void> truncate(const Path& path, uint64_t bytes) override;
  Result<std::vector<Entry>> list(const Path& folder) override;
  Result<void> make_folder(const Path& path) override;
  Result<void> remove_folder(const Path& path) override;
  Result<void> sync_folder(const Path& path) override;
  Result<std::unique_ptr<FolderLock>> try_lock(const Path& path) override;

 private:
  struct File {
    std::vector<uint8_t> bytes;
    std::vector<uint8_t> synced;
    bool shortened = false;  // `bytes` need not begin with `synced`
    // A sync has failed: the system has forgotten what was to be written, and later ones say yes
    // without writing it.
    bool sync_broken = false;
    int64_t modified_s = 0;
    const void* lock = nullptr;  // who holds it
  };
  using FilePtr = std::shared_ptr<File>;  // null: a folder
  using Names = std::map<Path, FilePtr>;

  // A change of names that no sync_folder has made safe yet.
  struct Pending {
    std::optional<Path> removed;
    std::optional<Path> added;
    FilePtr file;
  };

  class OpenReadable;
  class OpenWritable;
  class HeldLock;

  // The beginning of every call: waits while held, counts, and says whether it fails.
  Result<void> begin(DiskCall call, const Path& path) REQUIRES(mutex_);
  // The end of every call that has changed something: a point to crash at.
  void end() REQUIRES(mutex_);
  void crash_now(Unsynced unsynced) REQUIRES(mutex_);
  void crash_file(File& file, Unsynced unsynced) REQUIRES(mutex_);
  void change_names(Pending change) REQUIRES(mutex_);
  void put_locked(const Path& path, FilePtr file) REQUIRES(mutex_);
  bool chance(double probability) REQUIRES(mutex_);
  uint64_t bytes_locked() const REQUIRES(mutex_);
  bool is_folder(const Path& path) const REQUIRES(mutex_);
  FilePtr find(const Path& path) const REQUIRES(mutex_);  // null where there is no such file
  Result<FilePtr> make_file(const Path& path) REQUIRES(mutex_);
  static bool is_below(const Path& path, const Path& folder);  // or the same

  struct Plan {
    uint64_t calls = 0;
    uint32_t skipped = 0;
    uint32_t failing = 0;
    double probability = 0;
    bool held = false;
  };

  mutable Mutex mutex_;
  CondVar released_;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
  Names names_ GUARDED_BY(mutex_);
  Names synced_names_ GUARDED_BY(mutex_);
  std::vector<Pending> pending_ GUARDED_BY(mutex_);
  std::array<Plan, static_cast<size_t>(DiskCall::count)> plans_ GUARDED_BY(mutex_);
  std::optional<uint64_t> crash_in_ GUARDED_BY(mutex_);
  Unsynced crash_unsynced_ GUARDED_BY(mutex_) = Unsynced::random;
  bool crashed_ GUARDED_BY(mutex_) = false;
  uint64_t life_ GUARDED_BY(mutex_) = 0;  // crashes so far; what was open before one is dead
  uint64_t bytes_max_ GUARDED_BY(mutex_) = UINT64_MAX;
  double short_probability_ GUARDED_BY(mutex_) = 0;
  int64_t clock_s_ GUARDED_BY(mutex_) = 1'000'000;  // a second passes with each change
};

}  // namespace anyclaude
