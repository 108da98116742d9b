#include "config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "config/cache_command_line.h"
#include "config/config_file.h"
#include "config/help.h"
#include "config/models_command_line.h"
#include "config/settings.h"

namespace anyclaude {
namespace {

struct CommandLine {
  std::string command;
  std::map<std::string_view, std::string> settings;  // name -> value, those that were given
  std::vector<std::string> client_arguments;
  bool help = false;
  bool version = false;
  bool json = false;
  bool detached = false;
  bool from_client = false;
  std::string mode_wanted;
  bool fix = false;
  std::string backend;  // doctor's word for --mode
  CacheCommandLine cache;
  ModelsCommandLine models;
};

std::vector<std::pair<std::string, CommandName>> commands() {
  return {{"run", CommandName::run},       {"serve", CommandName::serve},
          {"status", CommandName::status}, {"stop", CommandName::stop},
          {"warm", CommandName::warm},     {"doctor", CommandName::doctor},
          {"cache", CommandName::cache},   {"mode", CommandName::mode},
          {"models", CommandName::models}};
}

std::unexpected<Error> refuse(std::string message) {
  return fail(Error::Kind::invalid_request, std::move(message));
}

// Why a word of the command line means nothing, and what was probably meant. `command`: what
// stands before it.
std::string explain_unknown(const std::string& word, const std::string& command,
                            const std::vector<Setting>& settings) {
  std::vector<std::string> known;
  const bool is_flag = word.starts_with("-");
  if (is_flag) {
    for (const Setting& setting : settings) known.push_back("--" + std::string(setting.name));
    for (const char* flag :
         {"--help", "--version", "--json", "--from-client", "--backend", "--fix"}) {
      known.emplace_back(flag);
    }
  } else if (command == "cache") {
    for (const auto& [name, action] : cache_actions()) known.emplace_back(name);
  } else if (command == "models") {
    for (const auto& [name, action] : models_actions()) known.emplace_back(name);
  } else {
    for (const auto& [name, value] : commands()) known.push_back(name);
  }
  const std::string meant = nearest(word.substr(0, word.find('=')), known);
  const std::string hint = meant.empty() ? std::string() : fmt::format(" Did you mean {}?", meant);
  const bool has_help = command == "cache" || command == "models";
  return fmt::format(
      "unknown {} '{}'.{} `anyclaude {}--help` lists them all; what is meant for claude stands "
      "after `--`.",
      is_flag ? "option" : "command", word, hint, has_help ? command + " " : "");
}

Result<CommandLine> parse_command_line(std::vector<std::string> arguments,
                                       const std::vector<Setting>& settings) {
  CommandLine line;
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) line.client_arguments.assign(end + 1, arguments.end());
  arguments.erase(end, arguments.end());

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  app.add_flag("-h,--help", line.help);
  app.add_flag("--version", line.version);
  app.add_flag("--json", line.json);
  app.add_flag("--detached", line.detached);  // for the launcher alone, so not in the help
  std::map<std::string_view, std::pair<CLI::Option*, std::string>> options;
  for (const Setting& setting : settings) {
    auto& [option, value] = options[setting.name];
    const std::string flag = "--" + std::string(setting.name);
    option = setting.placeholder.empty() ? app.add_flag(flag, value) : app.add_option(flag, value);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  for (const auto& [name, command] : commands()) {
    CLI::App* added = app.add_subcommand(name)->fallthrough();
    if (command == CommandName::cache) line.cache.add_to(*added);
    if (command == CommandName::models) line.models.add_to(*added);
    if (command == CommandName::mode) added->add_option("NAME", line.mode_wanted);
    if (command == CommandName::warm) added->add_flag("--from-client", line.from_client);
    if (command == CommandName::doctor) {
      added->add_option("--backend", line.backend);
      added->add_flag("--fix", line.fix);
    }
  }
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
    return refuse(explain_unknown(unknown.front(), line.command, settings));
  }
  return line;
}

// A Config on its way, and which settings shaped its engine.
struct Draft {
  Config config;
  std::map<std::string_view, std::string> engine_settings;  // name -> value
};

Result<void> apply(const Setting& setting, std::string_view value, std::string_view source,
                   const SettingContext& context, Draft& draft) {
  const auto applied = setting.apply(value, context, draft.config);
  if (!applied) return refuse(fmt::format("{}: {}", source, applied.error().message));
  // The mode of a running server can be changed.
  if (setting.group <= Setting::Group::backend && !setting.secret && setting.name != "mode") {
    draft.engine_settings[setting.name] = setting.name == "model" ? draft.config.model : value;
  }
  return {};
}

Result<void> apply_file(const std::vector<Setting>& settings, const std::filesystem::path& home,
                        Draft& draft) {
  const auto& folder = draft.config.folders.config;
  const auto path = folder / "config.toml";
  for (const FileEntry& entry : TRY(read_config_file(path))) {
    const auto setting = std::find_if(settings.begin(), settings.end(), [&](const Setting& one) {
      return file_key(one) == entry.key;
    });
    const std::string source = fmt::format("{}, line {}", path.string(), entry.line);
    if (setting == settings.end()) {
      std::vector<std::string> known;
      for (const Setting& one : settings) known.push_back(file_key(one));
      const std::string meant = nearest(entry.key, known);
      return refuse(fmt::format("{}: there is no setting '{}'{}", source, entry.key,
                                meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant)));
    }
    TRY_VOID(apply(*setting, entry.value, fmt::format("{}: {}", source, entry.key), {folder, home},
                   draft));
  }
  return {};
}

Result<void> apply_all(const std::vector<Setting>& settings, const Environment& environment,
                       const CommandLine& line, Draft& draft) {
  const std::filesystem::path home = value_of(environment, "HOME");
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  TRY_VOID(apply_file(settings, home, draft));
  for (const Setting& setting : settings) {
    const std::string variable = environment_name(setting);
    const std::string_view value = value_of(environment, variable);
    if (!value.empty()) TRY_VOID(apply(setting, value, variable, {here, home}, draft));
  }
  for (const Setting& setting : settings) {
    const auto given = line.settings.find(setting.name);
    if (given == line.settings.end()) continue;
    const std::string flag = fmt::format("--{}", setting.name);
    TRY_VOID(apply(setting, given->second, flag, {here, home}, draft));
    if (setting.secret) {
      draft.config.server_secrets[environment_name(setting)] = given->second;
    } else {
      draft.config.server_flags.push_back(fmt::format("{}={}", flag, given->second));
    }
  }
  for (const auto& [name, value] : draft.engine_settings) {
    draft.config.engine_settings.push_back(fmt::format("{}={}", name, value));
  }
  return check_together(draft.config);
}

Result<Config> make_config(const CommandLine& line, const std::vector<Setting>& settings,
                           const Environment& environment) {
  Draft draft;
  Config& config = draft.config;
  config.folders = TRY(find_folders(environment, ::geteuid()));
  for (const auto& [name, command] : commands()) {
    if (name == line.command) config.command = command;
  }
  const bool runs_client = config.command == CommandName::run || line.from_client;
  if (!line.client_arguments.empty() && !runs_client) {
    return refuse(fmt::format("`anyclaude {}` takes no arguments for claude", line.command));
  }
  config.launcher.client_arguments = line.client_arguments;
  config.json = line.json;
  config.from_client = line.from_client;
  config.mode_wanted = line.mode_wanted;
  config.fix = line.fix;
  if (config.command == CommandName::cache) {
    std::error_code error;
    const auto here = std::filesystem::current_path(error);
    config.cache_command = TRY(line.cache.read({here, value_of(environment, "HOME")}));
  }
  if (config.command == CommandName::models) config.models_command = TRY(line.models.read());
  config.detached = line.detached;
  config.api.version = ANYCLAUDE_VERSION;
  TRY_VOID(apply_all(settings, environment, line, draft));
  return std::move(draft.config);
}

}  // namespace

std::variant<Config, Answer> read_config(const std::vector<std::string>& arguments,
                                         const Environment& environment) {
  constexpr int usage_error = 1;
  const auto settings = all_settings();
  const auto line = parse_command_line(arguments, settings);
  if (!line) return Answer{usage_error, "anyclaude: " + line.error().message + "\n"};
  if (line->help && line->command == "cache") return Answer{0, cache_help_text()};
  if (line->help && line->command == "models") return Answer{0, models_help_text()};
  if (line->help) return Answer{0, help_text()};
  if (line->version) return Answer{0, "anyclaude " ANYCLAUDE_VERSION "\n"};
  auto config = make_config(*line, settings, environment);
  if (!config) return Answer{usage_error, "anyclaude: " + config.error().message + "\n"};
  return std::move(*config);
}

}  // namespace anyclaude
