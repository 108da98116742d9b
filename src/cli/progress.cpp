#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace anyclaude {

Progress Progress::to_standard_error() {
  return Progress(
      [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stderr);
        std::fflush(stderr);
      },
      ::isatty(STDERR_FILENO) == 1);
}

void Progress::show(std::string_view what, float fraction) {
  constexpr int width = 30;
  fraction = std::clamp(fraction, 0.0f, 1.0f);
  const int percent = static_cast<int>(fraction * 100);
  if (!terminal_) {
    const std::string line = fmt::format("{} {} %\n", what, percent / 10 * 10);
    if (what == shown_ && percent / 10 == tenth_) return;
    shown_ = what;
    tenth_ = percent / 10;
    write_(line);
    return;
  }
  const int done = static_cast<int>(fraction * width);
  const std::string line =
      fmt::format("{} [{:#<{}}{:.<{}}] {} %", what, "", done, "", width - done, percent);
  if (line == shown_) return;
  shown_ = line;
  write_("\r\033[K" + line);
}

void Progress::end() {
  if (terminal_ && !shown_.empty()) write_("\r\033[K");
  shown_.clear();
  tenth_ = -1;
}

}  // namespace anyclaude
