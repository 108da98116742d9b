// How far a long thing is, for whoever waits: on a terminal one line that is drawn again and again,
// else a line at each tenth; with rate and time left as soon as they are known. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/amount.h"
#include "base/environment.h"
#include "cli/pace.h"

namespace anyclaude {

class Progress {
 public:
  enum class Style {
    lines,    // one after the other, for logs
    plain,    // one line, drawn again without any escape code
    coloured  // the same for a terminal that has them
  };
  // `terminal`: standard error is one. A dumb one gets lines; NO_COLOR means what it says.
  static Style choose_style(bool terminal, const Environment& environment);

  struct Output {
    std::function<void(std::string_view text)> write;
    Style style = Style::lines;
    std::function<size_t()> columns = [] { return size_t{80}; };
    std::function<Pace::Time()> now = std::chrono::steady_clock::now;
  };

  // To standard error, as a terminal or not, whatever it is.
  static Progress to_standard_error();

  explicit Progress(Output output) : output_(std::move(output)) {}
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap to call often.
  void show(std::string_view what, Amount amount);
  void show(std::string_view what, float fraction) { show(what, Amount{.fraction = fraction}); }

  // Of what nobody knows how long it takes: how long it has taken.
  void show_waiting(std::string_view what);

  // Takes the line away, so that something else can be printed.
  void end();

 private:
  void draw_bar(std::string_view what, const Amount& amount, std::string_view state);
  void draw(std::string_view what, std::string_view bar, std::string_view state);

  const Output output_;
  Pace fraction_pace_;
  Pace rate_pace_;
  std::string what_;
  int tenth_ = -1;
  std::optional<Pace::Time> began_;  // waiting
  Pace::Time drawn_at_;
  std::string drawn_;  // the line that stands there
  size_t drawn_columns_ = 0;
};

}  // namespace anyclaude
