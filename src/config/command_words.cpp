#include "config/command_words.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace anyclaude {

CommandWords words_of(const CLI::App& app) {
  CommandWords words;
  words.name = app.get_name();
  words.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const bool is_switch = option->get_expected_max() == 0;
    const std::string placeholder = is_switch ? std::string() : option->get_type_name();
    if (option->get_positional()) {
      words.arguments.push_back({"", placeholder, option->get_description()});
      continue;
    }
    for (const std::string& name : option->get_lnames()) {
      words.flags.push_back({"--" + name, placeholder, option->get_description()});
    }
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.commands.push_back(words_of(*command));
  }
  return words;
}

ValueKind value_kind(std::string_view placeholder) {
  if (placeholder.find('|') != std::string_view::npos) return ValueKind::choice;
  if (placeholder == "PATH" || placeholder == "FILE") return ValueKind::file;
  return placeholder == "FOLDER" ? ValueKind::folder : ValueKind::other;
}

std::vector<std::string> choices_of(std::string_view placeholder) {
  if (placeholder.find('|') == std::string_view::npos) return {};
  std::vector<std::string> choices;
  while (!placeholder.empty()) {
    const size_t end = std::min(placeholder.find('|'), placeholder.size());
    choices.emplace_back(placeholder.substr(0, end));
    placeholder.remove_prefix(std::min(end + 1, placeholder.size()));
  }
  return choices;
}

std::string brief(std::string_view help) {
  for (const std::string_view end : {". ", "; ", " ["}) help = help.substr(0, help.find(end));
  while (help.ends_with('.') || help.ends_with(' ')) help.remove_suffix(1);
  return std::string(help);
}

}  // namespace anyclaude
