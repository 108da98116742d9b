// The table of all settings: one row makes a flag, an environment variable, a key of config.toml, a
// paragraph of --help and the check of its value.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace anyclaude {

// Where a value comes from.
struct SettingContext {
  std::filesystem::path folder;  // relative paths begin here
  std::filesystem::path home;    // "~/" stands for it; empty: unknown
};

struct Setting {
  enum class Group { model, engine, cache, backend, hub, server, launcher };

  std::string_view name;  // of the flag, without the dashes
  Group group = Group::model;
  std::string_view placeholder;  // of its value in --help; empty: a switch, "true" or "false"
  std::string_view help;         // what it does, its unit, its default, an example
  // Error::invalid_request says what is expected, without the setting's name.
  std::function<Result<void>(std::string_view value, const SettingContext&, Config&)> apply;
  bool secret = false;  // never shown in a process list
  // Of the environment, where others have given it a name before us; empty: made of `name`.
  std::string_view variable = {};
  std::vector<std::string_view> choices = {};  // all values that there are; empty: others
};

std::vector<Setting> all_settings();

std::string environment_name(const Setting& setting);  // "ANYCLAUDE_KV_TYPE_K"
std::string file_key(const Setting& setting);          // "kv_type_k"

// What only two settings together can have wrong.
Result<void> check_together(const Config& config);

}  // namespace anyclaude
