#include "api/recent_log.h"

#include <algorithm>
#include <chrono>

namespace anyclaude {

RecentLog::RecentLog(size_t lines_max) : lines_(lines_max) { set_level(spdlog::level::warn); }

LogLines RecentLog::after(uint64_t after, size_t limit) const {
  const MutexLock lock(mutex_);
  return {.lines = lines_.after(after, limit)};
}

void RecentLog::log(const spdlog::details::log_msg& message) {
  const auto time =
      std::chrono::duration_cast<std::chrono::seconds>(message.time.time_since_epoch());
  const size_t bytes = std::min(message.payload.size(), text_bytes_max);
  const MutexLock lock(mutex_);
  lines_.add({.time_s = time.count(),
              .level = message.level >= spdlog::level::err ? "error" : "warning",
              .text = {message.payload.data(), bytes}});
}

}  // namespace anyclaude
