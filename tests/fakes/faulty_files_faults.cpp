// What befalls the disk; what it does as a disk is in faulty_files.cpp.
#include <algorithm>
#include <iterator>
#include <utility>

#include "fakes/faulty_files.h"

namespace anyclaude {

// ---- What happens to the disk.

void FaultyFiles::crash(Unsynced unsynced) {
  const MutexLock lock(mutex_);
  crash_now(unsynced);
}

void FaultyFiles::crash_after(uint64_t calls, Unsynced unsynced) {
  const MutexLock lock(mutex_);
  crash_in_ = calls;
  crash_unsynced_ = unsynced;
}

bool FaultyFiles::crashed() const {
  const MutexLock lock(mutex_);
  return crashed_;
}

void FaultyFiles::restart() {
  const MutexLock lock(mutex_);
  crashed_ = false;
  crash_in_.reset();
}

void FaultyFiles::fail_next(DiskCall call, uint32_t times, uint32_t skipped) {
  const MutexLock lock(mutex_);
  plans_[static_cast<size_t>(call)].failing = times;
  plans_[static_cast<size_t>(call)].skipped = skipped;
}

void FaultyFiles::fail_often(DiskCall call, double probability) {
  const MutexLock lock(mutex_);
  plans_[static_cast<size_t>(call)].probability = probability;
}

void FaultyFiles::hold(DiskCall call) {
  const MutexLock lock(mutex_);
  plans_[static_cast<size_t>(call)].held = true;
}

void FaultyFiles::release(DiskCall call) {
  const MutexLock lock(mutex_);
  plans_[static_cast<size_t>(call)].held = false;
  released_.notify_all();
}

void FaultyFiles::set_bytes_max(uint64_t bytes_max) {
  const MutexLock lock(mutex_);
  bytes_max_ = bytes_max;
}

void FaultyFiles::read_short(double probability) {
  const MutexLock lock(mutex_);
  short_probability_ = probability;
}

void FaultyFiles::end() {
  if (!crash_in_) return;
  if (*crash_in_ > 1) {
    --*crash_in_;
  } else {
    crash_now(crash_unsynced_);
  }
}

void FaultyFiles::crash_now(Unsynced unsynced) {
  for (const Pending& change : pending_) {
    if (unsynced == Unsynced::lost) break;
    if (unsynced == Unsynced::random && chance(0.5)) continue;
    if (change.removed) {
      const auto old = synced_names_.find(*change.removed);
      if (old != synced_names_.end() && old->second == change.file) synced_names_.erase(old);
    }
    if (change.added) synced_names_[*change.added] = change.file;
  }
  for (auto at = synced_names_.begin(); at != synced_names_.end();) {
    const Path folder = at->first.parent_path();
    const bool has_folder = folder == folder.root_path() || synced_names_.contains(folder);
    at = has_folder ? std::next(at) : synced_names_.erase(at);
  }
  pending_.clear();
  names_ = synced_names_;
  for (auto& [path, file] : names_) {
    if (file) crash_file(*file, unsynced);
  }
  crashed_ = true;
  crash_in_.reset();
  ++life_;
  released_.notify_all();
}

void FaultyFiles::crash_file(File& file, Unsynced unsynced) {
  if (unsynced == Unsynced::lost) {
    file.bytes = file.synced;
  } else if (unsynced == Unsynced::random) {
    if (file.shortened) {
      if (chance(0.5)) file.bytes = file.synced;
    } else if (file.bytes.size() > file.synced.size()) {
      const size_t safe = file.synced.size();
      file.bytes.resize(safe + random_() % (file.bytes.size() - safe + 1));
      // The length was written, the bytes were not.
      if (file.bytes.size() > safe && chance(0.3)) {
        const size_t from = safe + random_() % (file.bytes.size() - safe);
        std::fill(file.bytes.begin() + static_cast<ptrdiff_t>(from), file.bytes.end(), 0);
      }
    }
  }
  file.synced = file.bytes;
  file.shortened = false;
  file.sync_broken = false;
  file.lock = nullptr;
}

bool FaultyFiles::chance(double probability) {
  return probability > 0 && std::uniform_real_distribution<>(0, 1)(random_) < probability;
}

// ---- What somebody else does to it.

void FaultyFiles::flip(const Path& path, uint64_t offset, uint8_t mask) {
  const MutexLock lock(mutex_);
  const FilePtr file = find(path);
  if (!file || offset >= file->bytes.size()) return;
  file->bytes[offset] ^= mask;
  file->synced = file->bytes;
}

void FaultyFiles::put(const Path& path, std::vector<uint8_t> bytes) {
  const MutexLock lock(mutex_);
  auto file = std::make_shared<File>();
  file->synced = bytes;
  file->bytes = std::move(bytes);
  file->modified_s = ++clock_s_;
  put_locked(path, std::move(file));
}

void FaultyFiles::put_locked(const Path& path, FilePtr file) {
  // A folder that was removed and is made again is there after a crash.
  std::erase_if(pending_, [&](const Pending& change) {
    return change.removed && !change.added && is_below(path, *change.removed);
  });
  for (Path folder = path.parent_path(); folder != folder.root_path() && !folder.empty();
       folder = folder.parent_path()) {
    names_.emplace(folder, nullptr);
    synced_names_.emplace(folder, nullptr);
  }
  names_[path] = file;
  synced_names_[path] = std::move(file);
}

void FaultyFiles::remove_all(const Path& folder) {
  const MutexLock lock(mutex_);
  const auto below = [&](const auto& entry) { return is_below(entry.first, folder); };
  std::erase_if(names_, below);
  std::erase_if(synced_names_, below);
  std::erase_if(pending_, [&](const Pending& change) {
    return (change.removed && is_below(*change.removed, folder)) ||
           (change.added && is_below(*change.added, folder));
  });
}

// ---- What is there.

bool FaultyFiles::exists(const Path& path) const {
  const MutexLock lock(mutex_);
  return names_.contains(path);
}

std::vector<uint8_t> FaultyFiles::contents(const Path& path) const {
  const MutexLock lock(mutex_);
  const FilePtr file = find(path);
  return file ? file->bytes : std::vector<uint8_t>();
}

std::vector<FaultyFiles::Path> FaultyFiles::all_files() const {
  const MutexLock lock(mutex_);
  std::vector<Path> paths;
  for (const auto& [path, file] : names_) {
    if (file) paths.push_back(path);
  }
  return paths;
}

uint64_t FaultyFiles::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_locked();
}

uint64_t FaultyFiles::bytes_locked() const {
  uint64_t sum = 0;
  for (const auto& [path, file] : names_) sum += file ? file->bytes.size() : 0;
  return sum;
}

uint64_t FaultyFiles::calls(DiskCall call) const {
  const MutexLock lock(mutex_);
  return plans_[static_cast<size_t>(call)].calls;
}

}  // namespace anyclaude
