// The table of all commands: one row makes the word of the command line, its lines of --help, of
// the completions and of the manual page. What may stand behind the word: command_line.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace anyclaude {

struct ListedCommand {
  std::string_view name;
  std::optional<CommandName> command;  // nothing: read_config answers it
  std::string_view help;               // what it does, in a few words; then details
  std::string guide = {};  // what `anyclaude NAME --help` prints; empty: as without NAME
};

// In the order of --help.
std::vector<ListedCommand> all_commands();

}  // namespace anyclaude
