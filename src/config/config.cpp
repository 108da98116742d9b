#include "config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "config/command_line.h"
#include "config/commands.h"
#include "config/completion.h"
#include "config/config_file.h"
#include "config/help.h"
#include "config/man_page.h"
#include "config/setters.h"
#include "config/settings.h"

namespace anyclaude {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(Error::Kind::invalid_request, std::move(message));
}

Answer refusal(const Error& error) {
  constexpr int usage_error = 1;
  return {usage_error, "anyclaude: " + error.message + "\n"};
}

// A Config on its way, and which settings shaped its engine.
struct Draft {
  Config config;
  std::map<std::string_view, std::string> engine_settings;  // name -> value
};

// Models by their paths, which mean the same in any folder.
std::optional<std::string> value_of_models(const Setting& setting, const Config& config) {
  if (setting.name == "model") return config.model;
  if (setting.name == "models") return print(config.more_models);
  return std::nullopt;
}

Result<void> apply(const Setting& setting, std::string_view value, std::string_view source,
                   const SettingContext& context, Draft& draft) {
  const auto applied = setting.apply(value, context, draft.config);
  if (!applied) return refuse(fmt::format("{}: {}", source, applied.error().message));
  // The mode of a running server can be changed.
  if (setting.group <= Setting::Group::backend && !setting.secret && setting.name != "mode") {
    draft.engine_settings[setting.name] =
        value_of_models(setting, draft.config).value_or(std::string(value));
  }
  return {};
}

// The value as it means the same in any folder.
std::string server_value(const Setting& setting, const std::string& value,
                         const SettingContext& context, const Draft& draft) {
  if (auto models = value_of_models(setting, draft.config)) return *models;
  const ValueKind kind = value_kind(setting.placeholder);
  const bool is_path = kind == ValueKind::file || kind == ValueKind::folder;
  return is_path ? full_path(value, context).string() : value;
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
      draft.config.server_flags.push_back(
          fmt::format("{}={}", flag, server_value(setting, given->second, {here, home}, draft)));
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
  for (const ListedCommand& one : all_commands()) {
    if (one.name == line.command && one.command) config.command = *one.command;
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
  std::error_code error;
  const SettingContext here{std::filesystem::current_path(error), value_of(environment, "HOME")};
  if (config.command == CommandName::cache) config.cache_command = TRY(line.cache.read(here));
  if (config.command == CommandName::bench) {
    config.bench_command = TRY(line.bench.read(here, environment));
  }
  if (config.command == CommandName::models) config.models_command = TRY(line.models.read());
  config.service_command = line.service;
  config.detached = line.detached;
  config.api.version = ANYCLAUDE_VERSION;
  TRY_VOID(apply_all(settings, environment, line, draft));
  return std::move(draft.config);
}

// What needs no configuration, and works with a broken one.
std::optional<Answer> answer_at_once(const CommandLine& line) {
  if (line.help) {
    for (const ListedCommand& one : all_commands()) {
      if (one.name == line.command && !one.guide.empty()) return Answer{0, one.guide};
    }
    return Answer{0, help_text()};
  }
  if (line.version) return Answer{0, "anyclaude " ANYCLAUDE_VERSION "\n"};
  if (line.command == "man") return Answer{0, man_page(ANYCLAUDE_VERSION, ANYCLAUDE_VERSION_DATE)};
  if (line.command != "completion") return std::nullopt;
  auto text = completion(line.shell);
  if (!text) return refusal(text.error());
  return Answer{0, std::move(*text)};
}

}  // namespace

std::variant<Config, Answer> read_config(const std::vector<std::string>& arguments,
                                         const Environment& environment) {
  const auto settings = all_settings();
  const auto line = parse_command_line(arguments, settings);
  if (!line) return refusal(line.error());
  if (auto answer = answer_at_once(*line)) return std::move(*answer);
  auto config = make_config(*line, settings, environment);
  if (!config) return refusal(config.error());
  return std::move(*config);
}

}  // namespace anyclaude
