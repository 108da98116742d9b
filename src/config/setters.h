// How the text of a setting becomes a member of some Options: checked, converted, stored. Each
// function here makes the `apply` of a row in the table (settings.cpp).
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "config/settings.h"

namespace anyclaude {

using Setter = decltype(Setting::apply);

inline std::unexpected<Error> refuse_value(std::string_view value, std::string_view expected) {
  return fail(Error::Kind::invalid_request, fmt::format("'{}' is not {}", value, expected));
}

// The member's own Options inside a Config.
inline EmbeddedOptions& options_of(Config& config, EmbeddedOptions*) { return config.embedded; }
inline CacheSettings& options_of(Config& config, CacheSettings*) { return config.cache; }
inline HttpServerOptions& options_of(Config& config, HttpServerOptions*) { return config.http; }
inline AuthOptions& options_of(Config& config, AuthOptions*) { return config.api.auth; }
inline Recorder::Options& options_of(Config& config, Recorder::Options*) { return config.record; }
inline BackendSettings& options_of(Config& config, BackendSettings*) { return config.backend; }
inline HubSettings& options_of(Config& config, HubSettings*) { return config.hub; }
inline MoreModels& options_of(Config& config, MoreModels*) { return config.more_models; }
inline LauncherOptions& options_of(Config& config, LauncherOptions*) { return config.launcher; }

template <class Options, class T>
T& member_of(Config& config, T Options::* member) {
  return options_of(config, static_cast<Options*>(nullptr)).*member;
}

template <class Options, class T>
Setter set_number(T Options::* member, T least, T most = std::numeric_limits<T>::max()) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    const auto count = parse_count(value);
    if (!count || *count < least || *count > most) {
      return refuse_value(value, fmt::format("a number from {} to {}", least, most));
    }
    member_of(config, member) = static_cast<T>(*count);
    return {};
  };
}

template <class Options, class T>
Setter set_bytes(T Options::* member, uint64_t least) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    const auto count = parse_bytes(value);
    if (!count || *count < least) {
      return refuse_value(
          value, fmt::format("a size of at least {}, such as 8GiB or 512MiB", print_bytes(least)));
    }
    member_of(config, member) = *count;
    return {};
  };
}

template <class Options>
Setter set_name(std::string Options::* member) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (value.empty() || value.size() > 256 || !printable) {
      return refuse_value(value, "a name (printable ASCII, no blanks)");
    }
    member_of(config, member) = std::string(value);
    return {};
  };
}

template <class Options>
Setter set_one_of(std::string Options::* member, const std::vector<std::string_view>& choices) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      return refuse_value(value, fmt::format("one of {}", fmt::join(choices, ", ")));
    }
    member_of(config, member) = std::string(value);
    return {};
  };
}

template <class Options>
Setter set_switch(bool Options::* member) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    if (value != "true" && value != "1" && value != "false" && value != "0") {
      return refuse_value(value, "true or false");
    }
    member_of(config, member) = value == "true" || value == "1";
    return {};
  };
}

// Relative paths become absolute, so that a server in another folder reads the same file.
std::filesystem::path full_path(std::string_view value, const SettingContext& context);

template <class Options, class T>
Setter set_file(T Options::* member) {
  return
      [=](std::string_view value, const SettingContext& context, Config& config) -> Result<void> {
        if (value.empty()) return refuse_value(value, "a path");
        member_of(config, member) = full_path(value, context).string();
        return {};
      };
}

// As set_more_models reads it, and the same in any folder.
std::string print(const MoreModels& more);

Setter set_url(RemoteServer BackendSettings::* server);
Setter set_server_key(RemoteServer BackendSettings::* server);

// Those with rules of their own.
Result<void> set_hub_url(std::string_view value, const SettingContext&, Config& config);
Result<void> set_hub_token(std::string_view value, const SettingContext&, Config& config);
Result<void> set_model(std::string_view value, const SettingContext& context, Config& config);
Result<void> set_more_models(std::string_view value, const SettingContext& context, Config& config);
Result<void> set_model_idle(std::string_view value, const SettingContext&, Config& config);
Result<void> set_gpu_layers(std::string_view value, const SettingContext&, Config& config);
Result<void> set_log_form(std::string_view value, const SettingContext&, Config& config);
Result<void> set_flash_attention(std::string_view value, const SettingContext&, Config& config);
Result<void> set_override_kv(std::string_view value, const SettingContext&, Config& config);
Result<void> set_api_key(std::string_view value, const SettingContext&, Config& config);
Result<void> set_keys(std::string_view value, const SettingContext&, Config& config);
Result<void> set_team_key(std::string_view value, const SettingContext&, Config& config);
Result<void> set_allowed_hosts(std::string_view value, const SettingContext&, Config& config);
Result<void> set_route_rules(std::string_view value, const SettingContext&, Config& config);
Result<void> set_idle_exit(std::string_view value, const SettingContext&, Config& config);

}  // namespace anyclaude
