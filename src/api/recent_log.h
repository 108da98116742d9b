// The last warnings and errors of the log, for who looks at the dashboard. A sink of the logger.
#pragma once

#include <spdlog/sinks/sink.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/numbered.h"
#include "base/sync.h"
#include "protocol/activity_report.h"

namespace anyclaude {

// Thread-safe.
class RecentLog final : public spdlog::sinks::sink {
 public:
  static constexpr size_t text_bytes_max = 2'000;  // of a line; the rest is left out

  explicit RecentLog(size_t lines_max = 500);

  // Oldest first, of those with numbers above `after`; the newest `limit` of them.
  LogLines after(uint64_t after, size_t limit) const;

  void log(const spdlog::details::log_msg& message) override;
  void flush() override {}
  // Lines are kept as they are.
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  mutable Mutex mutex_;
  Numbered<LogLine> lines_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
