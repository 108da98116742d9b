#include "api/recent_log.h"

#include <algorithm>
#include <chrono>

namespace anyclaude {

RecentLog::RecentLog(size_t lines_max) : lines_max_(lines_max) { set_level(spdlog::level::warn); }

LogLines RecentLog::after(uint64_t after, size_t limit) const {
  const MutexLock lock(mutex_);
  auto begin = std::ranges::upper_bound(lines_, after, {}, &LogLine::number);
  const auto count = static_cast<size_t>(lines_.end() - begin);
  if (count > limit) begin += static_cast<std::ptrdiff_t>(count - limit);
  return {.lines = {begin, lines_.end()}};
}

void RecentLog::log(const spdlog::details::log_msg& message) {
  const auto time =
      std::chrono::duration_cast<std::chrono::seconds>(message.time.time_since_epoch());
  const size_t bytes = std::min(message.payload.size(), text_bytes_max);
  const MutexLock lock(mutex_);
  lines_.push_back({.number = ++last_,
                    .time_s = time.count(),
                    .level = message.level >= spdlog::level::err ? "error" : "warning",
                    .text = {message.payload.data(), bytes}});
  if (lines_.size() > lines_max_) lines_.pop_front();
}

}  // namespace anyclaude
