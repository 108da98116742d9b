// A program that runs in a terminal of its own, which nobody sees: one that behaves otherwise
// without a terminal can be run so.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>

#include "base/process.h"
#include "base/result.h"

namespace anyclaude {

// One thread.
class TerminalProcess {
 public:
  // Error::io where there is no terminal to be had. A program that cannot be executed ends at once.
  static Result<std::unique_ptr<TerminalProcess>> start(const Command& command);
  ~TerminalProcess();  // ends it and what it has started
  TerminalProcess(const TerminalProcess&) = delete;
  TerminalProcess& operator=(const TerminalProcess&) = delete;

  // Throws away what it prints, for so long. False: it has ended.
  bool run_for(std::chrono::milliseconds time);

 private:
  TerminalProcess(pid_t process, int terminal) : process_(process), terminal_(terminal) {}
  bool ended();

  pid_t process_;  // 0: it has ended and is reaped
  const int terminal_;
};

}  // namespace anyclaude
