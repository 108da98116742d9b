// All that may stand on the command line, for those who tell of it: completions, the manual page,
// and the hint to a mistyped word. Taken from the parser itself, so it is what the parser takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace anyclaude {

// A flag ("--model"), or an argument without a name of its own.
struct WordHelp {
  std::string name;         // empty: an argument
  std::string placeholder;  // of its value, or "this|that" for a choice; empty: a switch
  std::string help;
};

struct CommandWords {
  std::string name;  // empty: the program itself
  std::string help;
  std::vector<WordHelp> flags;  // each command also takes those of the commands around it
  std::vector<WordHelp> arguments;
  std::vector<CommandWords> commands;
};

// What a parser takes. Options in an empty group are nobody's to know.
CommandWords words_of(const CLI::App& app);

// What a value is, as far as its placeholder tells.
enum class ValueKind { other, choice, file, folder };
ValueKind value_kind(std::string_view placeholder);

// The ways to write a value: those of a placeholder "this|that", else none.
std::vector<std::string> choices_of(std::string_view placeholder);

// The first clause of a help text, without its end: what fits behind a word in a list.
std::string brief(std::string_view help);

}  // namespace anyclaude
