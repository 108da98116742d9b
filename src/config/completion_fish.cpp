#include <fmt/format.h>

#include "config/completion.h"

namespace anyclaude {
namespace {

std::string quoted_fish(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// How a value is completed: -x offers no files.
std::string value(const std::string& placeholder) {
  switch (value_kind(placeholder)) {
    case ValueKind::choice:
      return fmt::format(" -x -a '{}'", fmt::join(choices_of(placeholder), " "));
    case ValueKind::file:
      return " -r -F";
    case ValueKind::folder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::other:
      break;
  }
  return " -x";
}

struct Script {
  std::string paths;   // of all commands
  std::string taking;  // "path flag" of those that take a value; '*' for any path
  std::string lines;
};

void add_lines(const CommandWords& words, const std::string& path, Script& script) {
  const bool has_commands = !words.commands.empty();
  const std::string place = path + (has_commands ? "*" : "");
  for (const WordHelp& flag : words.flags) {
    const bool takes = !flag.placeholder.empty();
    script.lines += fmt::format("complete -c anyclaude -n '__anyclaude_in \"{}\"' -l {}{} -d {}\n",
                                place, flag.name.substr(2), takes ? value(flag.placeholder) : "",
                                quoted_fish(brief(flag.help)));
    if (takes) script.taking += fmt::format(" '{} {}'", place, flag.name);
  }
  for (const CommandWords& command : words.commands) {
    script.lines += fmt::format("complete -c anyclaude -n '__anyclaude_in \"{}\" 0' -a {} -d {}\n",
                                path, command.name, quoted_fish(brief(command.help)));
  }
  for (size_t i = 0; i < words.arguments.size() && !has_commands; ++i) {
    const std::string how = value(words.arguments[i].placeholder);
    script.lines +=
        fmt::format("complete -c anyclaude -n '__anyclaude_in \"{}\" {}'{}\n", path, i, how);
  }
  for (const CommandWords& command : words.commands) {
    const std::string below = path + '/' + command.name;
    script.paths += ' ' + below;
    add_lines(command, below, script);
  }
}

}  // namespace

std::string fish_completion(const CommandWords& words) {
  Script script;
  add_lines(words, "", script);
  return fmt::format(R"(# Completes anyclaude in fish. Made by `anyclaude completion fish`.

# Whether the words so far name a command of that path (a pattern), and, if a number is given, have
# so many words behind it. Not so behind `--`, where claude's own words stand.
function __anyclaude_in
    set -l path ''
    set -l arguments 0
    set -l is_value no
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case --
                return 1
            case '-*'
                switch "$path $word"
                    case{}
                        set is_value yes
                end
            case '*'
                if contains -- "$path/$word"{}
                    set path "$path/$word"
                else
                    set arguments (math $arguments + 1)
                end
        end
    end
    if set -q argv[2]; and test $arguments != $argv[2]
        return 1
    end
    string match -q -- $argv[1] "$path"
end

complete -c anyclaude -f
complete -c anyclaude -n 'contains -- -- (commandline -opc)' -F
{})",
                     script.taking, script.paths, script.lines);
}

}  // namespace anyclaude
