#include "config/setters.h"

#include <array>
#include <cctype>

#include "config/server_address.h"
#include "net/url.h"

namespace anyclaude {
namespace {

// Takes the first element off a comma-separated list.
std::string_view take_element(std::string_view& list) {
  const size_t end = std::min(list.find(','), list.size());
  const std::string_view element = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

constexpr size_t keys_max = 1000;
constexpr size_t more_models_max = 64;

// Without the value: it is a secret, and this is going to be printed.
Result<void> check_secret(std::string_view value) {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!value.empty() && value.size() <= 512 && printable) return {};
  return fail(Error::Kind::invalid_request,
              "a key has 1 to 512 printable ASCII characters and no blanks");
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

std::unexpected<Error> refuse_keys(const std::vector<ApiKey>& before, const char* what) {
  return fail(Error::Kind::invalid_request,
              fmt::format("number {} {}; wanted is NAME=KEY or NAME@GROUP=KEY, comma-separated, "
                          "names and groups of at most 64 letters, digits, '.', '_' and '-', and "
                          "no name 'owner'",
                          before.size() + 1, what));
}

// A name such as owner/repo or qwen3.gguf stays what it is, unless a file here has it;
// models/model_choice.cpp judges.
std::string path_or_name(std::string_view value, const SettingContext& context) {
  const auto path = full_path(value, context);
  std::error_code error;
  const bool is_path = value.front() == '/' || value.front() == '.' || value.front() == '~' ||
                       std::filesystem::exists(path, error);
  return is_path ? path.string() : std::string(value);
}

// Zero for "never".
Result<std::chrono::seconds> parse_time_or_never(std::string_view value) {
  if (value == "never") return std::chrono::seconds(0);
  const auto duration = parse_duration(value);
  if (duration && duration->count() > 0) return *duration;
  return refuse_value(value, "a duration such as 30m or 2h, or 'never'");
}

}  // namespace

std::filesystem::path full_path(std::string_view value, const SettingContext& context) {
  if (value.starts_with("~/") && !context.home.empty()) return context.home / value.substr(2);
  return (context.folder / value).lexically_normal();
}

Setter set_url(RemoteServer BackendSettings::* server) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    TRY(parse_addresses(value));
    (config.backend.*server).url = std::string(value);
    return {};
  };
}

Setter set_server_key(RemoteServer BackendSettings::* server) {
  return [=](std::string_view value, const SettingContext&, Config& config) -> Result<void> {
    TRY_VOID(check_secret(value));
    (config.backend.*server).key = std::string(value);
    return {};
  };
}

Result<void> set_hub_url(std::string_view value, const SettingContext&, Config& config) {
  const Url url = TRY(parse_url(value));
  config.hub.url = url.text();
  return {};
}

Result<void> set_hub_token(std::string_view value, const SettingContext&, Config& config) {
  TRY_VOID(check_secret(value));
  config.hub.token = value;
  return {};
}

Result<void> set_model(std::string_view value, const SettingContext& context, Config& config) {
  if (value.empty()) return refuse_value(value, "a path or a name");
  config.model = value == "none" ? std::string(value) : path_or_name(value, context);
  return {};
}

Result<void> set_more_models(std::string_view value, const SettingContext& context,
                             Config& config) {
  MoreModels& more = config.more_models;
  more.models.clear();
  more.all = false;
  while (!value.empty()) {
    const std::string_view element = take_element(value);
    if (element == "all") {
      more.all = true;
      continue;
    }
    // A path may have the sign, too.
    const size_t equals = element.find('=');
    const bool named = equals != std::string_view::npos && is_name(element.substr(0, equals));
    const std::string_view name = named ? element.substr(0, equals) : std::string_view();
    const std::string_view model = named ? element.substr(equals + 1) : element;
    const bool taken =
        named && std::ranges::find(more.models, name, &NamedModel::name) != more.models.end();
    if (equals == 0 || model.empty() || model == "none" || taken ||
        more.models.size() == more_models_max) {
      return refuse_value(
          element, fmt::format("NAME=MODEL, MODEL or 'all', comma-separated, each name once, "
                               "at most {} of them",
                               more_models_max));
    }
    more.models.push_back({std::string(name), path_or_name(model, context)});
  }
  return {};
}

std::string print(const MoreModels& more) {
  std::string text = more.all ? "all" : "";
  for (const NamedModel& one : more.models) {
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ",", one.name, one.name.empty() ? "" : "=",
                        one.model);
  }
  return text;
}

Result<void> set_model_idle(std::string_view value, const SettingContext&, Config& config) {
  config.more_models.idle_max = TRY(parse_time_or_never(value));
  return {};
}

Result<void> set_gpu_layers(std::string_view value, const SettingContext&, Config& config) {
  const auto count = parse_count(value);
  if (value != "auto" && (!count || *count > 100'000)) {
    return refuse_value(value, "'auto' or a number of layers");
  }
  config.embedded.gpu_layers = count ? static_cast<int32_t>(*count) : -1;
  return {};
}

Result<void> set_log_form(std::string_view value, const SettingContext&, Config& config) {
  if (value != "text" && value != "json") return refuse_value(value, "'text' or 'json'");
  config.log_form = value == "json" ? LogForm::json : LogForm::text;
  return {};
}

Result<void> set_flash_attention(std::string_view value, const SettingContext&, Config& config) {
  if (value != "on" && value != "off" && value != "auto") {
    return refuse_value(value, "one of on, off, auto");
  }
  config.embedded.flash_attention = value == "auto" ? "" : std::string(value);
  return {};
}

Result<void> set_override_kv(std::string_view value, const SettingContext&, Config& config) {
  constexpr std::array<std::string_view, 4> types = {"int", "float", "bool", "str"};
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view entry = take_element(rest);
    const size_t equals = entry.find('=');
    const size_t colon = entry.find(':', std::min(equals, entry.size()));
    const std::string_view type = colon == std::string_view::npos || equals == 0
                                      ? std::string_view()
                                      : entry.substr(equals + 1, colon - equals - 1);
    if (std::find(types.begin(), types.end(), type) == types.end()) {
      return refuse_value(entry, "KEY=TYPE:VALUE with TYPE int, float, bool or str");
    }
  }
  config.embedded.override_kv = value;
  return {};
}

Result<void> set_api_key(std::string_view value, const SettingContext&, Config& config) {
  TRY_VOID(check_secret(value));
  config.api.auth.owner_secret = value;
  return {};
}

Result<void> set_keys(std::string_view value, const SettingContext&, Config& config) {
  std::vector<ApiKey> keys;
  while (!value.empty()) {
    const std::string_view element = take_element(value);
    const size_t equals = element.find('=');
    // Without the element: it may hold a secret.
    if (equals == std::string_view::npos) return refuse_keys(keys, "is not NAME=KEY");
    const std::string_view who = element.substr(0, equals);
    const size_t at = std::min(who.find('@'), who.size());
    const std::string_view name = who.substr(0, at);
    const std::string_view group = who.substr(std::min(at + 1, who.size()));
    const bool named = is_name(name) && (at == who.size() || is_name(group));
    if (!named) return refuse_keys(keys, "has a name or group that is none");
    const std::string_view secret = element.substr(equals + 1);
    TRY_VOID(check_secret(secret));
    const bool taken = std::any_of(keys.begin(), keys.end(), [&](const ApiKey& key) {
      return key.name == name || key.secret == secret;
    });
    if (taken || name == owner_name)
      return refuse_keys(keys, "has a name or key that another one has");
    if (keys.size() == keys_max) return refuse_keys(keys, "is more than there may be");
    keys.push_back({std::string(name), std::string(secret), std::string(group)});
  }
  config.api.auth.keys = std::move(keys);
  return {};
}

Result<void> set_team_key(std::string_view value, const SettingContext&, Config& config) {
  TRY_VOID(check_secret(value));
  config.cache.team_key = value;
  return {};
}

Result<void> set_allowed_hosts(std::string_view value, const SettingContext&, Config& config) {
  config.api.auth.hosts.clear();
  while (!value.empty()) {
    const std::string_view host = take_element(value);
    if (host.empty() || host.find_first_of(" /:") != std::string_view::npos) {
      return refuse_value(host, "a host name without scheme and port");
    }
    config.api.auth.hosts.emplace_back(host);
  }
  return {};
}

Result<void> set_route_rules(std::string_view value, const SettingContext&, Config& config) {
  config.backend.rules.clear();
  while (!value.empty()) {
    config.backend.rules.push_back(TRY(parse_route_rule(take_element(value))));
  }
  return {};
}

Result<void> set_idle_exit(std::string_view value, const SettingContext&, Config& config) {
  config.launcher.idle_exit = TRY(parse_time_or_never(value));
  return {};
}

}  // namespace anyclaude
