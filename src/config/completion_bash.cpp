#include <fmt/format.h>

#include "config/completion.h"

namespace anyclaude {
namespace {

// The lines of the script's `case` statements. A command is named by its path ("/cache/prune"); the
// program's is empty. What is of one command stands before what is of all.
struct Cases {
  std::string paths;          // of all commands, a pattern
  std::string program_flags;  // separated by blanks
  std::string taking;         // "path flag" of those that take a value, a pattern
  std::string flags;          // path
  std::string values;         // "path flag"
  std::string arguments;      // "path number"
};

std::string complete_value(const std::string& placeholder) {
  switch (value_kind(placeholder)) {
    case ValueKind::choice:
      return fmt::format("words='{}'", fmt::join(choices_of(placeholder), " "));
    case ValueKind::file:
      return "compopt -o default";
    case ValueKind::folder:
      return "compopt -o dirnames";
    case ValueKind::other:
      break;
  }
  return {};
}

void add_alternative(std::string& pattern, const std::string& word) {
  pattern += (pattern.empty() ? "" : " | ") + word;
}

void add_flags(const CommandWords& words, const std::string& path, Cases& cases) {
  // Those of a command hold for the commands below it too.
  const std::string place = words.commands.empty() ? "'" + path : path + "*'";
  for (const WordHelp& flag : words.flags) {
    if (flag.placeholder.empty()) continue;
    const std::string pattern = fmt::format("{} {}'", place, flag.name);
    add_alternative(cases.taking, pattern);
    if (value_kind(flag.placeholder) == ValueKind::other) continue;
    cases.values += fmt::format("    {}) {} ;;\n", pattern, complete_value(flag.placeholder));
  }
}

void add_arguments(const CommandWords& words, const std::string& path, Cases& cases) {
  std::string commands;
  for (const CommandWords& command : words.commands) commands += ' ' + command.name;
  if (!commands.empty()) {
    cases.arguments += fmt::format("    '{} 0') words='{}' ;;\n", path, commands.substr(1));
    return;
  }
  for (size_t i = 0; i < words.arguments.size(); ++i) {
    if (value_kind(words.arguments[i].placeholder) == ValueKind::other) continue;
    cases.arguments += fmt::format("    '{} {}') {} ;;\n", path, i,
                                   complete_value(words.arguments[i].placeholder));
  }
}

// `inherited`: the flags of the commands around it, without the program's.
void add_cases(const CommandWords& words, const std::string& path, const std::string& inherited,
               Cases& cases) {
  std::string flags = inherited;
  for (const WordHelp& flag : words.flags) flags += ' ' + flag.name;
  for (const CommandWords& command : words.commands) {
    const std::string below = path + '/' + command.name;
    add_alternative(cases.paths, below);
    add_cases(command, below, path.empty() ? "" : flags, cases);
  }
  if (path.empty()) {
    cases.program_flags = flags.substr(1);
  } else if (!flags.empty()) {
    cases.flags += fmt::format("    {}) words+='{}' ;;\n", path, flags);
  }
  add_flags(words, path, cases);
  add_arguments(words, path, cases);
}

}  // namespace

std::string bash_completion(const CommandWords& words) {
  Cases cases;
  add_cases(words, "", "", cases);
  return fmt::format(
      R"(# Completes anyclaude in bash 4.1 or newer. Made by `anyclaude completion bash`.

# The words that may stand where the cursor is, in `words`, or an option for bash to find files.
_anyclaude_words() {{
  local path='' flag='' arguments=0 word i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${{COMP_WORDS[i]}}
    if [[ $word == = ]]; then
      continue  # bash makes three words of --flag=value
    elif [[ -n $flag ]]; then
      flag=
    elif [[ $word == -- ]]; then
      compopt -o default  # what follows is claude's
      return
    elif [[ $word == -* ]]; then
      case "$path $word" in
        {}) flag=$word ;;
        *) if [[ ${{COMP_WORDS[i + 1]}} == = ]]; then return; fi ;;
      esac
    else
      case $path/$word in
        {}) path=$path/$word ;;
        *) ((++arguments)) ;;
      esac
    fi
  done
  if [[ -n $flag ]]; then
    _anyclaude_values "$path $flag"
  elif [[ ${{COMP_WORDS[COMP_CWORD]}} == -* ]]; then
    _anyclaude_flags "$path"
  else
    _anyclaude_arguments "$path $arguments"
  fi
}}

_anyclaude_flags() {{
  words='{}'
  case $1 in
{}  esac
}}

_anyclaude_values() {{
  case $1 in
{}  esac
}}

_anyclaude_arguments() {{
  case $1 in
{}  esac
}}

_anyclaude() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words=''
  if [[ $current == = ]]; then current=; fi
  COMPREPLY=()
  _anyclaude_words
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}}

complete -F _anyclaude anyclaude
)",
      cases.taking, cases.paths, cases.program_flags, cases.flags, cases.values, cases.arguments);
}

}  // namespace anyclaude
