// How far a long thing is, for whoever waits: one line drawn again and again on a terminal, else a
// line at each tenth. One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace anyclaude {

class Progress {
 public:
  using Write = std::function<void(std::string_view text)>;

  // To standard error, as a terminal or not, whatever it is.
  static Progress to_standard_error();

  Progress(Write write, bool terminal) : write_(std::move(write)), terminal_(terminal) {}

  // `fraction` of `what` is done, [0, 1].
  void show(std::string_view what, float fraction);

  // Takes the line away, so that something else can be printed.
  void end();

 private:
  Write write_;
  bool terminal_;
  std::string shown_;
  int tenth_ = -1;
};

}  // namespace anyclaude
