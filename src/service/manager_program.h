// The command by which one speaks to a manager of services: systemctl, launchctl.
#pragma once

#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace anyclaude {

struct Command;

// One thread.
class ManagerProgram {
 public:
  // `first`: the words in front of all others. `missing`: what its absence means, for people.
  ManagerProgram(std::string name, std::vector<std::string> first, std::string missing,
                 const Environment& environment);

  // What it prints. Error::io where it is not there or fails.
  Result<std::string> ask(const std::vector<std::string>& words) const;
  // What it complains of goes to the user's terminal; `hint` says where else to look.
  Result<void> tell(const std::vector<std::string>& words, const std::string& hint = {}) const;

 private:
  Result<Command> command(const std::vector<std::string>& words) const;

  const std::string name_;
  const std::vector<std::string> first_;
  const std::string missing_;
  const Environment environment_;
};

}  // namespace anyclaude
