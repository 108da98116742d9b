#include "kv/journal.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "kv/journal_bytes.h"
#include "kv/safe_write.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds complaints_apart{60};
// What is longer was not written by this program, whatever it was set to.
constexpr uint64_t file_bytes_max = 1ull << 32;

// A journal's file in memory; the records point into the bytes.
struct FileContents {
  std::vector<uint8_t> bytes;
  JournalContents journal;
};

class FileJournal final : public Journal {
 public:
  FileJournal(Files& files, Options options, const Reader& reader, Metrics& metrics);
  ~FileJournal() override;

  bool append(std::string_view key, std::span<const uint8_t> value) override;
  bool writes() const override { return writer_; }
  std::string problem() const override {
    const MutexLock lock(mutex_);
    return problem_;
  }
  void settle() override;

 private:
  // ---- On the journal's thread (the constructor does the first of it).

  void run();
  void take_lock();
  // Empty where there is no file; an Error where it cannot be read or is no journal.
  Result<FileContents> read_file();
  void write(const std::vector<uint8_t>& records, uint64_t count);
  Result<void> write_behind(const std::vector<uint8_t>& records);
  Result<void> write_anew(const std::vector<uint8_t>& records);
  void set_file(uint64_t bytes);
  void set_problem(const std::string& problem);
  void drop(const char* why, uint64_t records);

  Files& files_;
  const Options options_;
  Metrics& metrics_;
  const Metrics::Labels labels_;
  GaugeShare bytes_;
  Counter& written_bytes_;

  // Of the journal's thread.
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<WritableFile> file_;  // null: it is to be written anew
  uint64_t file_bytes_ = 0;
  Clock::time_point write_next_;  // after a failure
  Clock::time_point complaint_next_;

  std::atomic<bool> writer_ = false;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<uint8_t> queue_ GUARDED_BY(mutex_);  // encoded
  uint64_t queued_records_ GUARDED_BY(mutex_) = 0;
  uint64_t rounds_begun_ GUARDED_BY(mutex_) = 0;  // of the thread's loop
  uint64_t rounds_ended_ GUARDED_BY(mutex_) = 0;
  uint64_t rounds_wanted_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::string problem_ GUARDED_BY(mutex_);

  std::thread thread_;
};

FileJournal::FileJournal(Files& files, Options options, const Reader& reader, Metrics& metrics)
    : files_(files),
      options_(std::move(options)),
      metrics_(metrics),
      labels_({{"journal", options_.file.filename().string()}}),
      bytes_(metrics.gauge("anyclaude_journal_bytes", "Bytes of a journal's file.", labels_)),
      written_bytes_(metrics.counter("anyclaude_journal_written_bytes_total",
                                     "Bytes written to a journal's file.", labels_)) {
  take_lock();
  if (const auto old = read_file()) {
    for (const JournalRecord& record : old->journal.records) reader(record.key, record.value);
    if (writer_ && old->journal.clean && !old->bytes.empty()) set_file(old->bytes.size());
  } else {
    set_problem(old.error().message);
  }
  thread_ = std::thread([this] { run(); });
}

FileJournal::~FileJournal() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool FileJournal::append(std::string_view key, std::span<const uint8_t> value) {
  const char* why = nullptr;
  const uint64_t bytes = journal_record_bytes_more + key.size() + value.size();
  if (key.empty() || bytes > std::min(options_.bytes_max / 4, journal_field_bytes_max)) {
    why = "invalid";
  } else if (!writer_) {
    why = "not_writer";
  } else {
    const MutexLock lock(mutex_);
    if (queue_.size() + bytes > options_.queue_bytes_max) {
      why = "queue_full";
    } else {
      put_journal_record(queue_, key, value);
      ++queued_records_;
      changed_.notify_all();
    }
  }
  if (why) drop(why, 1);
  return why == nullptr;
}

void FileJournal::settle() {
  const MutexLock lock(mutex_);
  const uint64_t round = rounds_begun_ + 1;
  rounds_wanted_ = std::max(rounds_wanted_, round);
  changed_.notify_all();
  while (rounds_ended_ < round) changed_.wait(mutex_);
}

// ---- On the journal's thread.

void FileJournal::run() {
  bool stopping = false;
  while (!stopping) {
    std::vector<uint8_t> records;
    uint64_t count = 0;
    {
      const MutexLock lock(mutex_);
      const bool wanted = rounds_wanted_ > rounds_begun_;
      if (queue_.empty() && !stopping_ && !wanted) changed_.wait_for(mutex_, options_.retry_time);
      records.swap(queue_);
      count = std::exchange(queued_records_, 0);
      stopping = stopping_;
      if (stopping_ || rounds_wanted_ > rounds_begun_) write_next_ = {};
      ++rounds_begun_;
    }
    if (!lock_ || !lock_->holds()) take_lock();
    if (count > 0) write(records, count);
    const MutexLock lock(mutex_);
    rounds_ended_ = rounds_begun_;
    changed_.notify_all();
  }
}

void FileJournal::take_lock() {
  // Another may have written since, or somebody has deleted the folder.
  file_.reset();
  lock_.reset();
  std::filesystem::path path = options_.file;
  path += ".lock";
  auto locked = [&]() -> Result<std::unique_ptr<FolderLock>> {
    TRY_VOID(files_.make_folder(path.parent_path()));
    return files_.try_lock(path);
  }();
  if (locked) {
    lock_ = std::move(*locked);
  } else {
    set_problem(locked.error().message);
  }
  writer_ = lock_ != nullptr;
}

Result<FileContents> FileJournal::read_file() {
  FileContents contents;
  const auto file = files_.open(options_.file);
  if (!file && file.error().kind == Error::Kind::not_found) return contents;
  if (!file) return std::unexpected(file.error());
  if ((*file)->size() > file_bytes_max) return fail(Error::Kind::io, "the journal is too long");
  contents.bytes.resize((*file)->size());
  contents.bytes.resize(TRY((*file)->read_at(0, contents.bytes)));
  contents.journal = TRY(parse_journal(contents.bytes));
  return contents;
}

void FileJournal::write(const std::vector<uint8_t>& records, uint64_t count) {
  if (!writer_) return drop("not_writer", count);
  if (Clock::now() < write_next_) return drop("failed", count);
  // Whatever has gone wrong with the file: what it holds now is known only when it is made anew.
  const bool behind = file_ && write_behind(records);
  const Result<void> written = behind ? Result<void>() : write_anew(records);
  if (!written) {
    file_.reset();
    write_next_ = Clock::now() + options_.retry_time;
    drop("failed", count);
    return set_problem(written.error().message);
  }
  set_problem("");
}

Result<void> FileJournal::write_behind(const std::vector<uint8_t>& records) {
  const bool fits = file_bytes_ + records.size() <= options_.bytes_max;
  const auto file = TRY(files_.open(options_.file));
  if (!fits || file->size() != file_bytes_) return fail(Error::Kind::io, "to be made anew");
  TRY_VOID(file_->append(records));
  TRY_VOID(file_->sync());
  file_bytes_ += records.size();
  bytes_.set(static_cast<int64_t>(file_bytes_));
  written_bytes_.add(records.size());
  return {};
}

Result<void> FileJournal::write_anew(const std::vector<uint8_t>& records) {
  auto old = read_file();
  if (!old) {
    std::filesystem::path aside = options_.file;
    aside += ".bad";
    spdlog::warn("{}; it is set aside as {}", old.error().message, aside.string());
    TRY_VOID(files_.rename(options_.file, aside));
    old = FileContents();
  }
  std::vector<uint8_t> fresh;
  put_journal_head(fresh);
  fresh.insert(fresh.end(), records.begin(), records.end());
  std::vector<JournalRecord> all = std::move(old->journal.records);
  const JournalContents added = TRY(parse_journal(fresh));
  all.insert(all.end(), added.records.begin(), added.records.end());

  // With room for a while, so that it is not written anew with every record.
  const uint64_t most = options_.bytes_max;
  std::vector<uint8_t> bytes;
  put_journal_head(bytes);
  for (const JournalRecord& record : newest_records(all, most / 4 * 3, most / 2)) {
    put_journal_record(bytes, record.key, record.value);
  }
  TRY_VOID(write_safely(files_, options_.file, {bytes}));
  written_bytes_.add(bytes.size());
  set_file(bytes.size());
  return {};
}

// The file is whole, and goes on behind so many bytes. Where it cannot be opened it is made anew.
void FileJournal::set_file(uint64_t bytes) {
  auto file = files_.open_to_append(options_.file);
  file_ = file ? std::move(*file) : nullptr;
  file_bytes_ = bytes;
  bytes_.set(static_cast<int64_t>(bytes));
}

void FileJournal::set_problem(const std::string& problem) {
  {
    const MutexLock lock(mutex_);
    problem_ = problem;
  }
  if (problem.empty() || Clock::now() < complaint_next_) return;
  complaint_next_ = Clock::now() + complaints_apart;
  spdlog::warn("journal: {}", problem);
}

void FileJournal::drop(const char* why, uint64_t records) {
  Metrics::Labels labels = labels_;
  labels.emplace_back("why", why);
  metrics_
      .counter("anyclaude_journal_dropped_records_total", "Records that were not written.", labels)
      .add(records);
}

}  // namespace

std::unique_ptr<Journal> Journal::open(Files& files, Options options, const Reader& reader,
                                       Metrics& metrics) {
  return std::make_unique<FileJournal>(files, std::move(options), reader, metrics);
}

}  // namespace anyclaude
