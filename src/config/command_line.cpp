#include "config/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "config/commands.h"
#include "config/completion.h"
#include "config/help.h"

namespace anyclaude {
namespace {

using Options = std::map<std::string_view, std::pair<CLI::Option*, std::string>>;

std::string placeholder_of(const Setting& setting) {
  if (setting.choices.empty()) return std::string(setting.placeholder);
  return fmt::format("{}", fmt::join(setting.choices, "|"));
}

void add_settings(CLI::App& app, const std::vector<Setting>& settings, Options& options) {
  for (const Setting& setting : settings) {
    auto& [option, value] = options[setting.name];
    const std::string flag = "--" + std::string(setting.name);
    const std::string help(setting.help);
    option = setting.placeholder.empty()
                 ? app.add_flag(flag, value, help)
                 : app.add_option(flag, value, help)->type_name(placeholder_of(setting));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

std::string modes(const std::vector<Setting>& settings) {
  const auto mode = std::find_if(settings.begin(), settings.end(),
                                 [](const Setting& one) { return one.name == "mode"; });
  return mode == settings.end() ? "NAME" : placeholder_of(*mode);
}

void add_service_words(CLI::App& service, CommandLine& line) {
  using enum ServiceCommand::Action;
  service.require_subcommand(0, 1);
  const auto add = [&](const char* name, const char* help, ServiceCommand::Action action) {
    CLI::App* added = service.add_subcommand(name, help)->fallthrough();
    added->parse_complete_callback([&line, action] { line.service.action = action; });
    return added;
  };
  add("install", "has a server run from each login on", install)
      ->add_flag("--print", line.service.print, "shows the service's file, and does nothing");
  add("remove", "ends the service and removes its file", remove);
  add("status", "whether it runs, and where its log is", status);
}

// What stands behind the word of a command.
void add_own_words(CLI::App& added, std::string_view name, const std::vector<Setting>& settings,
                   CommandLine& line) {
  if (name == "bench") line.bench.add_to(added);
  if (name == "cache") line.cache.add_to(added);
  if (name == "models") line.models.add_to(added);
  if (name == "mode") {
    added.add_option("NAME", line.mode_wanted, "who answers from now on")
        ->type_name(modes(settings));
  }
  if (name == "warm") {
    added.add_flag("--from-client", line.from_client, "runs claude once, to learn its prompts");
  }
  if (name == "doctor") {
    added.add_option("--backend", line.backend, "looks at what another mode needs")
        ->type_name(modes(settings));
    added.add_flag("--fix", line.fix, "installs and starts what is missing");
  }
  if (name == "service") add_service_words(added, line);
  if (name == "completion") {
    added.add_option("SHELL", line.shell, "which shell is to complete")
        ->type_name(std::string(completion_shells));
  }
}

void add_words(CLI::App& app, const std::vector<Setting>& settings, CommandLine& line,
               Options& options) {
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_settings(app, settings, options);
  app.add_flag("-h,--help", line.help, "explains commands and settings");
  app.add_flag("--version", line.version, "prints the version");
  app.add_flag("--json", line.json, "prints JSON, for programs");
  app.add_flag("--detached", line.detached)->group("");  // for the launcher alone
  for (const ListedCommand& command : all_commands()) {
    CLI::App* added = app.add_subcommand(std::string(command.name), std::string(command.help));
    added->fallthrough();
    add_own_words(*added, command.name, settings, line);
  }
}

std::unexpected<Error> refuse(std::string message) {
  return fail(Error::Kind::invalid_request, std::move(message));
}

// Why a word of the command line means nothing, and what was probably meant. `command`: what
// stands before it.
std::string explain_unknown(const std::string& word, const std::string& command) {
  const CommandWords words = command_words();
  const auto before = std::find_if(words.commands.begin(), words.commands.end(),
                                   [&](const CommandWords& one) { return one.name == command; });
  const bool is_known = before != words.commands.end();
  const bool has_commands = is_known && !before->commands.empty();
  const bool is_flag = word.starts_with("-");
  std::vector<std::string> known;
  if (is_flag) {
    for (const WordHelp& flag : words.flags) known.push_back(flag.name);
    for (const CommandWords& one : words.commands) {
      for (const WordHelp& flag : one.flags) known.push_back(flag.name);
    }
  } else {
    for (const CommandWords& one : has_commands ? before->commands : words.commands) {
      known.push_back(one.name);
    }
  }
  const std::vector<ListedCommand> listed = all_commands();
  const bool has_guide = std::any_of(listed.begin(), listed.end(), [&](const ListedCommand& one) {
    return one.name == command && !one.guide.empty();
  });
  const std::string meant = nearest(word.substr(0, word.find('=')), known);
  const std::string hint = meant.empty() ? std::string() : fmt::format(" Did you mean {}?", meant);
  return fmt::format(
      "unknown {} '{}'.{} `anyclaude {}--help` lists them all; what is meant for claude stands "
      "after `--`.",
      is_flag ? "option" : "command", word, hint, has_guide ? command + " " : "");
}

}  // namespace

Result<CommandLine> parse_command_line(std::vector<std::string> arguments,
                                       const std::vector<Setting>& settings) {
  CommandLine line;
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) line.client_arguments.assign(end + 1, arguments.end());
  arguments.erase(end, arguments.end());

  CLI::App app;
  Options options;
  add_words(app, settings, line, options);
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return refuse(fmt::format("{} (`anyclaude --help` explains all)", error.what()));
  }
  for (const auto& [name, found] : options) {
    if (found.first->count() > 0) line.settings[name] = found.second;
  }
  if (!line.backend.empty()) line.settings["mode"] = line.backend;
  for (const CLI::App* command : app.get_subcommands()) line.command = command->get_name();
  const auto unknown = app.remaining(true);
  if (!unknown.empty() && unknown.front() == "help") {
    line.help = true;
  } else if (!unknown.empty()) {
    return refuse(explain_unknown(unknown.front(), line.command));
  }
  return line;
}

CommandWords command_words() {
  CommandLine line;
  CLI::App app;
  Options options;
  add_words(app, all_settings(), line, options);
  return words_of(app);
}

}  // namespace anyclaude
