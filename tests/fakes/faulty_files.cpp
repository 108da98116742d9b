#include "fakes/faulty_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace anyclaude {
namespace {

std::unexpected<Error> missing(const FaultyFiles::Path& path) {
  return fail(Error::Kind::not_found, fmt::format("there is no {}", path.string()));
}

std::unexpected<Error> failure(std::string_view what, const FaultyFiles::Path& path) {
  return fail(Error::Kind::io, fmt::format("{}: {}", path.string(), what));
}

}  // namespace

bool FaultyFiles::is_below(const Path& path, const Path& folder) {
  return path == folder || path.string().starts_with(folder.string() + "/");
}

class FaultyFiles::OpenReadable final : public ReadableFile {
 public:
  OpenReadable(FaultyFiles& files, Path path, FilePtr file, uint64_t life)
      : files_(files), path_(std::move(path)), file_(std::move(file)), life_(life) {}

  uint64_t size() const override {
    const MutexLock lock(files_.mutex_);
    return file_->bytes.size();
  }

  Result<size_t> read_at(uint64_t offset, std::span<uint8_t> out) override {
    const MutexLock lock(files_.mutex_);
    TRY_VOID(files_.begin(DiskCall::read, path_));
    if (files_.life_ != life_) return failure("opened before the crash", path_);
    const uint64_t size = file_->bytes.size();
    uint64_t count = offset < size ? std::min<uint64_t>(size - offset, out.size()) : 0;
    if (files_.chance(files_.short_probability_)) count = files_.random_() % (count + 1);
    std::copy_n(file_->bytes.begin() + static_cast<ptrdiff_t>(std::min(offset, size)), count,
                out.begin());
    return count;
  }

 private:
  FaultyFiles& files_;
  const Path path_;
  const FilePtr file_;
  const uint64_t life_;
};

class FaultyFiles::OpenWritable final : public WritableFile {
 public:
  OpenWritable(FaultyFiles& files, Path path, FilePtr file, uint64_t life)
      : files_(files), path_(std::move(path)), file_(std::move(file)), life_(life) {}

  Result<void> append(std::span<const uint8_t> bytes) override {
    const MutexLock lock(files_.mutex_);
    TRY_VOID(files_.begin(DiskCall::write, path_));
    if (files_.life_ != life_) return failure("opened before the crash", path_);
    uint64_t room = UINT64_MAX;
    if (files_.bytes_max_ != UINT64_MAX) {
      room = files_.bytes_max_ - std::min(files_.bytes_max_, files_.bytes_locked());
    }
    const auto fitting = bytes.first(std::min<uint64_t>(bytes.size(), room));
    file_->bytes.insert(file_->bytes.end(), fitting.begin(), fitting.end());
    file_->modified_s = ++files_.clock_s_;
    files_.end();
    if (fitting.size() == bytes.size()) return {};
    return fail(Error::Kind::overloaded, fmt::format("{}: the disk is full", path_.string()));
  }

  Result<void> sync() override {
    const MutexLock lock(files_.mutex_);
    if (auto begun = files_.begin(DiskCall::sync, path_); !begun) {
      if (!files_.crashed_) file_->sync_broken = true;
      return begun;
    }
    if (files_.life_ != life_) return failure("opened before the crash", path_);
    if (!file_->sync_broken) {
      if (file_->shortened) file_->synced.clear();
      file_->shortened = false;
      file_->synced.insert(file_->synced.end(),
                           file_->bytes.begin() + static_cast<ptrdiff_t>(file_->synced.size()),
                           file_->bytes.end());
    }
    files_.end();
    return {};
  }

 private:
  FaultyFiles& files_;
  const Path path_;
  const FilePtr file_;
  const uint64_t life_;
};

class FaultyFiles::HeldLock final : public FolderLock {
 public:
  HeldLock(FaultyFiles& files, Path path, FilePtr file)
      : files_(files), path_(std::move(path)), file_(std::move(file)) {
    file_->lock = this;
  }
  ~HeldLock() override {
    const MutexLock lock(files_.mutex_);
    if (file_->lock == this) file_->lock = nullptr;
  }
  bool holds() const override {
    const MutexLock lock(files_.mutex_);
    return !files_.crashed_ && file_->lock == this && files_.find(path_) == file_;
  }

 private:
  FaultyFiles& files_;
  const Path path_;
  const FilePtr file_;
};

Result<void> FaultyFiles::begin(DiskCall call, const Path& path) {
  Plan& plan = plans_[static_cast<size_t>(call)];
  while (plan.held && !crashed_) released_.wait(mutex_);
  if (crashed_) return failure("the machine is off", path);
  ++plan.calls;
  if (plan.failing > 0) {
    if (plan.skipped == 0) {
      --plan.failing;
      return failure("input/output error", path);
    }
    --plan.skipped;
  }
  if (chance(plan.probability)) return failure("input/output error", path);
  return {};
}

bool FaultyFiles::is_folder(const Path& path) const {
  const auto found = names_.find(path);
  return path == path.root_path() || (found != names_.end() && !found->second);
}

FaultyFiles::FilePtr FaultyFiles::find(const Path& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

void FaultyFiles::change_names(Pending change) {
  if (change.removed) names_.erase(*change.removed);
  if (change.added) names_[*change.added] = change.file;
  pending_.push_back(std::move(change));
}

Result<FaultyFiles::FilePtr> FaultyFiles::make_file(const Path& path) {
  if (!is_folder(path.parent_path())) return missing(path);
  auto file = std::make_shared<File>();
  file->modified_s = ++clock_s_;
  change_names({.removed = {}, .added = path, .file = file});
  end();
  return file;
}

Result<std::unique_ptr<ReadableFile>> FaultyFiles::open(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::open, path));
  if (!names_.contains(path)) return missing(path);
  FilePtr file = find(path);
  if (!file) return failure("is a folder", path);
  return std::make_unique<OpenReadable>(*this, path, std::move(file), life_);
}

Result<std::unique_ptr<WritableFile>> FaultyFiles::create(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::open, path));
  if (names_.contains(path)) return failure("is there already", path);
  const uint64_t life = life_;
  return std::make_unique<OpenWritable>(*this, path, TRY(make_file(path)), life);
}

Result<std::unique_ptr<WritableFile>> FaultyFiles::open_to_append(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::open, path));
  if (is_folder(path)) return failure("is a folder", path);
  const uint64_t life = life_;
  FilePtr file = find(path);
  if (!file) file = TRY(make_file(path));
  return std::make_unique<OpenWritable>(*this, path, std::move(file), life);
}

Result<void> FaultyFiles::rename(const Path& from, const Path& to) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::rename, from));
  FilePtr file = find(from);
  if (!file || !is_folder(to.parent_path())) return missing(from);
  if (is_folder(to)) return failure("is a folder", to);
  change_names({.removed = from, .added = to, .file = std::move(file)});
  end();
  return {};
}

Result<void> FaultyFiles::remove(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::remove, path));
  if (!names_.contains(path)) return missing(path);
  FilePtr file = find(path);
  if (!file) return failure("is a folder", path);
  change_names({.removed = path, .added = {}, .file = std::move(file)});
  end();
  return {};
}

Result<void> FaultyFiles::truncate(const Path& path, uint64_t bytes) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::truncate, path));
  const FilePtr file = find(path);
  if (!file) return missing(path);
  file->bytes.resize(bytes);
  file->shortened = true;
  file->modified_s = ++clock_s_;
  end();
  return {};
}

Result<std::vector<Files::Entry>> FaultyFiles::list(const Path& folder) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::list, folder));
  if (!is_folder(folder)) return missing(folder);
  std::vector<Entry> entries;
  for (auto at = names_.upper_bound(folder); at != names_.end() && is_below(at->first, folder);
       ++at) {
    if (at->first.parent_path() != folder) continue;
    const FilePtr& file = at->second;
    entries.push_back({.name = at->first.filename().string(),
                       .is_folder = !file,
                       .bytes = file ? file->bytes.size() : 0,
                       .modified_s = file ? file->modified_s : 0});
  }
  std::shuffle(entries.begin(), entries.end(), random_);
  return entries;
}

Result<void> FaultyFiles::make_folder(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::make_folder, path));
  for (Path at = path; at != at.root_path() && !at.empty(); at = at.parent_path()) {
    if (find(at)) return failure("is a file", at);
  }
  if (!is_folder(path)) put_locked(path, nullptr);
  end();
  return {};
}

Result<void> FaultyFiles::remove_folder(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::remove, path));
  if (!is_folder(path)) return missing(path);
  const auto next = names_.upper_bound(path);
  if (next != names_.end() && is_below(next->first, path)) return failure("is not empty", path);
  change_names({.removed = path, .added = {}, .file = nullptr});
  end();
  return {};
}

Result<void> FaultyFiles::sync_folder(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::sync, path));
  if (!is_folder(path)) return missing(path);
  std::vector<Pending> elsewhere;
  for (Pending& change : pending_) {
    const bool here = (change.removed && change.removed->parent_path() == path) ||
                      (change.added && change.added->parent_path() == path);
    if (!here) {
      elsewhere.push_back(std::move(change));
      continue;
    }
    if (change.removed) synced_names_.erase(*change.removed);
    if (change.added) synced_names_[*change.added] = change.file;
  }
  pending_ = std::move(elsewhere);
  end();
  return {};
}

Result<std::unique_ptr<FolderLock>> FaultyFiles::try_lock(const Path& path) {
  const MutexLock lock(mutex_);
  TRY_VOID(begin(DiskCall::lock, path));
  FilePtr file = find(path);
  if (!file) file = TRY(make_file(path));
  if (crashed_) return failure("the machine is off", path);
  if (file->lock != nullptr) return std::unique_ptr<FolderLock>();
  return std::make_unique<HeldLock>(*this, path, std::move(file));
}

}  // namespace anyclaude
