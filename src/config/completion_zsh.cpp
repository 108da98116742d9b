#include <fmt/format.h>

#include "config/completion.h"

namespace anyclaude {
namespace {

// A part of a specification of _arguments, which gives meaning to some characters.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string quoted_zsh(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// ":what it is:how to complete it"
std::string value(const std::string& placeholder) {
  switch (value_kind(placeholder)) {
    case ValueKind::choice:
      return fmt::format(":one of these:({})", fmt::join(choices_of(placeholder), " "));
    case ValueKind::file:
      return fmt::format(":{}:_files", placeholder);
    case ValueKind::folder:
      return fmt::format(":{}:_files -/", placeholder);
    case ValueKind::other:
      break;
  }
  return fmt::format(":{}: ", escaped(placeholder, ":"));
}

std::string flag_lines(const CommandWords& words) {
  std::string lines;
  for (const WordHelp& flag : words.flags) {
    const std::string help = escaped(brief(flag.help), "[]:");
    lines += "    " +
             quoted_zsh(flag.placeholder.empty()
                            ? fmt::format("{}[{}]", flag.name, help)
                            : fmt::format("{}=[{}]{}", flag.name, help, value(flag.placeholder))) +
             "\n";
  }
  return lines;
}

std::string commands_function(const CommandWords& words, const std::string& name,
                              std::string_view lines) {
  std::string descriptions;
  std::string calls;
  for (const CommandWords& command : words.commands) {
    descriptions +=
        "        " + quoted_zsh(escaped(command.name, ":") + ':' + brief(command.help)) + "\n";
    calls += fmt::format("        {0}) {1}_{0} ;;\n", command.name, name);
  }
  return fmt::format(R"({0}() {{
  local -a flags commands
  local state line
  typeset -A opt_args
  flags=($anyclaude_flags
{1}  )
  anyclaude_flags=($flags)
  _arguments -C $flags '1:command:->command' '*:::argument:->argument'
  case $state in
    command)
      commands=(
{2}      )
      _describe command commands
      ;;
    argument)
      words=($line[1] "$words[@]")
      ((CURRENT += 1))
      case $line[1] in
{3}      esac
      ;;
  esac
}}

)",
                     name, lines, descriptions, calls);
}

void add_functions(const CommandWords& words, const std::string& name, std::string& script) {
  const std::string lines = flag_lines(words);
  if (!words.commands.empty()) {
    script += commands_function(words, name, lines);
    for (const CommandWords& command : words.commands) {
      add_functions(command, name + '_' + command.name, script);
    }
    return;
  }
  std::string arguments;
  for (size_t i = 0; i < words.arguments.size(); ++i) {
    arguments += fmt::format(
        "    {}\n", quoted_zsh(fmt::format("{}{}", i + 1, value(words.arguments[i].placeholder))));
  }
  script += fmt::format(R"({}() {{
  local -a own
  own=(
{}{}  )
  _arguments $anyclaude_flags $own
}}

)",
                        name, lines, arguments);
}

}  // namespace

std::string zsh_completion(const CommandWords& words) {
  std::string functions;
  add_functions(words, "_anyclaude_words", functions);
  return fmt::format(R"(#compdef anyclaude
# Completes anyclaude in zsh. Made by `anyclaude completion zsh`.

{}_anyclaude() {{
  local -a anyclaude_flags
  if (( ${{words[(i)--]}} < CURRENT )); then
    _files  # what follows is claude's
  else
    _anyclaude_words
  fi
}}

if [ "$funcstack[1]" = _anyclaude ]; then
  _anyclaude "$@"
else
  compdef _anyclaude anyclaude
fi
)",
                     functions);
}

}  // namespace anyclaude
