// One thing that `doctor` has looked at, what it thinks of it and what would mend it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anyclaude {

// A command that mends what a check found missing: the program's path, then its arguments.
struct Remedy {
  std::vector<std::string> command;
  bool stays = false;  // a server: it is left running
};

struct Check {
  enum class Level { ok, warn, fail };
  Level level = Level::ok;
  std::string name;
  std::string text;
  std::string advice;            // what to do; empty with ok
  std::vector<Remedy> remedies;  // in this order
};

// Whether Claude Code finds room in a context of so many tokens.
Check check_context(uint32_t tokens);

// As a shell reads it.
std::string command_text(const Remedy& remedy);

std::string checks_text(const std::vector<Check>& checks);
std::string checks_json(const std::vector<Check>& checks);
bool any_failed(const std::vector<Check>& checks);

}  // namespace anyclaude
