#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/units.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds between_drawings{100};
constexpr seconds between_waiting_lines{30};
constexpr size_t bar_width_most = 30;
constexpr size_t bar_width_least = 10;
constexpr size_t what_width_least = 12;
// Kept for it also while it is shorter, so that the bar does not change its length.
constexpr size_t state_width = std::string_view("100 %, 59m 55s left").size();
constexpr size_t state_width_with_rate =
    std::string_view("100 %, 1023.9 MiB/s, 59m 55s left").size();
constexpr std::string_view erase_line = "\r\033[K";

size_t terminal_columns() {
  winsize size = {};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, begins_character));
}

// The first of them, with dots where something is missing.
std::string cut(std::string_view text, size_t characters_most) {
  if (characters(text) <= characters_most) return std::string(text);
  const size_t kept = characters_most > 3 ? characters_most - 3 : 0;
  size_t end = 0;
  for (size_t count = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && count++ == kept) break;
  }
  return std::string(text.substr(0, end)) + "...";
}

// Coarser the longer it is: nobody needs the seconds of an hour, and they would flicker.
std::string time_left(seconds left) {
  const auto step = seconds(left < seconds(60) ? 1 : left < seconds(3'600) ? 5 : 60);
  return print_duration((left + step / 2) / step * step) + " left";
}

std::string state_of(const Amount& amount, const Pace& fraction_pace, const Pace& rate_pace) {
  std::string state = fmt::format("{} %", static_cast<int>(amount.fraction * 100));
  const auto rate = rate_pace.per_second();
  if (rate && amount.bytes) {
    state += fmt::format(", {}/s", print_bytes(static_cast<uint64_t>(*rate)));
  } else if (rate && amount.tokens) {
    state += fmt::format(", {} tokens/s", print_count(static_cast<uint64_t>(std::llround(*rate))));
  }
  const auto left = fraction_pace.left(1);
  if (left && amount.fraction < 1) state += ", " + time_left(*left);
  return state;
}

}  // namespace

Progress::Style Progress::choose_style(bool terminal, const Environment& environment) {
  const std::string_view kind = value_of(environment, "TERM");
  if (!terminal || kind.empty() || kind == "dumb") return Style::lines;
  return value_of(environment, "NO_COLOR").empty() ? Style::coloured : Style::plain;
}

Progress Progress::to_standard_error() {
  Output output;
  output.write = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
  output.style = choose_style(::isatty(STDERR_FILENO) == 1, read_environment());
  output.columns = terminal_columns;
  return Progress(std::move(output));
}

void Progress::draw(std::string_view what, std::string_view bar, std::string_view state) {
  const std::string line = fmt::format("{} {}{}", what, bar, state);
  if (line == drawn_) return;
  drawn_ = line;
  if (output_.style == Style::coloured) {
    output_.write(fmt::format("{}{}", erase_line, line));
    return;
  }
  const size_t wide = characters(line);
  const size_t blanks = drawn_columns_ > wide ? drawn_columns_ - wide : 0;
  output_.write(fmt::format("\r{}{:{}}", line, "", blanks));
  drawn_columns_ = wide;
}

void Progress::show(std::string_view what, Amount amount) {
  amount.fraction = std::clamp(amount.fraction, 0.0f, 1.0f);
  const auto now = output_.now();
  fraction_pace_.note(now, amount.fraction);
  if (const auto counted = amount.bytes ? amount.bytes : amount.tokens) {
    rate_pace_.note(now, static_cast<double>(*counted));
  }
  const bool lines = output_.style == Style::lines;
  const int tenth = static_cast<int>(amount.fraction * 10);
  const bool is_early = now - drawn_at_ < between_drawings && amount.fraction < 1;
  if (what == what_ && (lines ? tenth == tenth_ : is_early)) return;
  what_ = what;
  tenth_ = tenth;
  drawn_at_ = now;
  const std::string state = state_of(amount, fraction_pace_, rate_pace_);
  if (lines) {
    output_.write(fmt::format("{} {}\n", what, state));
  } else {
    draw_bar(what, amount, state);
  }
}

// As long a bar as there is room for, and no bar where the words need it all.
void Progress::draw_bar(std::string_view what, const Amount& amount, std::string_view state) {
  // Brackets and blanks; and some terminals go to the next line when the last column is written.
  const size_t taken =
      std::max(state.size(), amount.bytes || amount.tokens ? state_width_with_rate : state_width) +
      5;
  const size_t room = std::max(output_.columns(), taken + what_width_least) - taken;
  if (room < what_width_least + bar_width_least) return draw(cut(what, room), "", state);
  const std::string words = cut(what, room - bar_width_least);
  const size_t width = std::min(bar_width_most, room - characters(words));
  const auto done = static_cast<size_t>(amount.fraction * static_cast<float>(width));
  const bool coloured = output_.style == Style::coloured;
  draw(words,
       fmt::format("[{}{:#<{}}{}{:.<{}}] ", coloured ? "\033[32m" : "", "", done,
                   coloured ? "\033[0m" : "", "", width - done),
       state);
}

void Progress::show_waiting(std::string_view what) {
  const auto now = output_.now();
  const bool new_thing = what != what_ || !began_;
  if (new_thing) began_ = now;
  what_ = what;
  const auto waited = std::chrono::duration_cast<seconds>(now - *began_);
  const std::string state = waited.count() > 0 ? print_duration(waited) : "";
  if (output_.style != Style::lines) return draw(what, "", state);
  if (!new_thing && now - drawn_at_ < between_waiting_lines) return;
  drawn_at_ = now;
  output_.write(fmt::format("{}{}{}\n", what, state.empty() ? "" : " ", state));
}

void Progress::end() {
  if (!drawn_.empty()) {
    output_.write(output_.style == Style::coloured ? std::string(erase_line)
                                                   : fmt::format("\r{:{}}\r", "", drawn_columns_));
  }
  fraction_pace_ = rate_pace_ = Pace();
  what_.clear();
  tenth_ = -1;
  began_.reset();
  drawn_.clear();
  drawn_columns_ = 0;
}

}  // namespace anyclaude
