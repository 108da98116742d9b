// What execve wants, made before a fork: between fork and exec nothing may allocate.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/process.h"

namespace anyclaude {

class ExecArguments {
 public:
  explicit ExecArguments(const Command& command)
      : program_(command.program.string()), environment_(entries_of(command.environment)) {
    arguments_.push_back(program_);
    arguments_.insert(arguments_.end(), command.arguments.begin(), command.arguments.end());
    for (auto& argument : arguments_) argument_pointers_.push_back(argument.data());
    for (auto& entry : environment_) environment_pointers_.push_back(entry.data());
    argument_pointers_.push_back(nullptr);
    environment_pointers_.push_back(nullptr);
  }
  ExecArguments(const ExecArguments&) = delete;
  ExecArguments& operator=(const ExecArguments&) = delete;

  // Returns errno.
  int execute() {
    ::execve(program_.c_str(), argument_pointers_.data(), environment_pointers_.data());
    return errno;
  }

 private:
  std::string program_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argument_pointers_;
  std::vector<char*> environment_pointers_;
};

}  // namespace anyclaude
