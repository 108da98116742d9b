// Writes requests down as they came, to be replayed and measured (bench/traffic.py). Off unless the
// user names a folder: they hold all that the client sends, files and command output included.
//
// One file a request, 000001.json and on, whole or absent, for its owner alone (0600):
// {"t" (seconds since 1970), "method", "path", "headers": [[name, value] ...] without keys and
// cookies, "body": as it came, "n"}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "base/sync.h"
#include "net/http_server.h"

namespace anyclaude {

class Recorder {
 public:
  struct Options {
    std::filesystem::path folder;     // made where it is missing
    uint64_t bytes_max = 4ull << 30;  // of this run; more is not written, and the log says so
  };
  // Goes on behind what is there. Error::overloaded: another server writes there.
  static Result<std::unique_ptr<Recorder>> open(Files& files, Options options);

  // `request.body` is one JSON value. Failures are logged once and end the recording; the request
  // goes on. Thread-safe.
  void record(const HttpRequest& request);

 private:
  uint64_t take_number(size_t bytes);  // 0: no more is to be written
  Recorder(Files& files, Options options, std::unique_ptr<FolderLock> lock, uint64_t last)
      : files_(files), options_(std::move(options)), lock_(std::move(lock)), number_(last) {}
  Result<void> write(uint64_t number, const std::string& text);

  Files& files_;
  const Options options_;
  const std::unique_ptr<FolderLock> lock_;
  Mutex mutex_;
  uint64_t number_ GUARDED_BY(mutex_);  // of the newest file
  uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace anyclaude
