// What makes a shell complete the words of this program, made from what the parser takes: commands,
// settings, choices, and files where a value is one. A script asks nobody when it completes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/command_words.h"

namespace anyclaude {

inline constexpr std::string_view completion_shells = "bash|zsh|fish";

// The script for a shell. Error::invalid_request for another one, with how to use them.
Result<std::string> completion(std::string_view shell);

// Each for one shell.
std::string bash_completion(const CommandWords& words);
std::string zsh_completion(const CommandWords& words);
std::string fish_completion(const CommandWords& words);

}  // namespace anyclaude
