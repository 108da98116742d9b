#include "cli/backend_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "cli/embedded_models.h"
#include "config/server_address.h"
#include "engine/remote/remote_backend.h"
#include "models/model_choice.h"

namespace anyclaude {

namespace {

struct KnownServer {
  std::string_view mode;
  const char* url_setting;
  const char* key_setting;
  RemoteServer BackendSettings::* server;
  RemoteForm form = RemoteForm::openai;
};

// In the order in which mode auto prefers them where all else is equal.
constexpr std::array<KnownServer, 5> known_servers = {{
    {"mlx-lm", "MLX_LM_URL", "MLX_LM_API_KEY", &BackendSettings::mlx_lm},
    {"vllm", "VLLM_URL", "VLLM_API_KEY", &BackendSettings::vllm},
    {"openai", "OPENAI_BASE_URL", "OPENAI_API_KEY", &BackendSettings::openai},
    {"anthropic", "ANTHROPIC_UPSTREAM_URL", "ANTHROPIC_UPSTREAM_KEY", &BackendSettings::anthropic,
     RemoteForm::anthropic},
    {"lmstudio", "LMSTUDIO_URL", "LMSTUDIO_API_KEY", &BackendSettings::lm_studio},
}};

// What it makes of a prompt is its own affair, and thinking that comes back must be signed by it.
bool passes_on(const BackendSettings& settings, const Url& url) {
  if (settings.anthropic_requests != "auto") return settings.anthropic_requests == "as-sent";
  return url.host == "anthropic.com" || url.host.ends_with(".anthropic.com");
}

RoutedServer embedded_server(const Config& config, const std::shared_ptr<EmbeddedModels>& models) {
  RoutedServer server;
  server.mode = server.name = embedded_mode;
  const auto model = choose_model(config.model, config.folders);
  server.address = model && !model->none ? model->path.string() : std::string("none");
  // The small model that comes with us answers only where the user has nothing better.
  server.last_resort = config.model.empty();
  server.open = [models] { return models->open(); };
  return server;
}

Result<void> add_remote_servers(const Config& config, const KnownServer& known, Metrics& metrics,
                                std::vector<RoutedServer>& servers) {
  const auto addresses = TRY(parse_addresses((config.backend.*known.server).url));
  const auto options = TRY(remote_options(config.backend, known.mode));
  for (size_t i = 0; i < options.size(); ++i) {
    RoutedServer server;
    server.mode = known.mode;
    server.name = options[i].name;
    server.address = options[i].url.origin();
    server.weight = addresses[i].weight;
    server.open = [one = options[i], &metrics]() -> Result<std::unique_ptr<Backend>> {
      return std::make_unique<RemoteBackend>(one, metrics);
    };
    servers.push_back(std::move(server));
  }
  return {};
}

}  // namespace

Result<std::vector<RemoteOptions>> remote_options(const BackendSettings& settings,
                                                  std::string_view mode) {
  std::vector<RemoteOptions> all;
  const auto* known = std::ranges::find(known_servers, mode, &KnownServer::mode);
  if (known == known_servers.end()) return all;
  const RemoteServer& server = settings.*known->server;
  if (server.url.empty()) {
    return fail(
        Error::Kind::invalid_request,
        fmt::format("mode {} needs the server's address: set {}", mode, known->url_setting));
  }
  const auto addresses = TRY(parse_addresses(server.url));
  for (size_t i = 0; i < addresses.size(); ++i) {
    RemoteOptions& options = all.emplace_back();
    options.name = addresses.size() == 1 ? std::string(mode) : fmt::format("{}-{}", mode, i + 1);
    options.form = known->form;
    options.url = addresses[i].url;
    options.pass_on = known->form == RemoteForm::anthropic && passes_on(settings, options.url);
    options.key = server.key;
    options.key_setting = known->key_setting;
    options.model = settings.model;
    options.small_model = settings.small_model;
    options.context_tokens = settings.context_tokens;
    if (settings.tools == "native") options.tools = ToolsChoice::native;
    if (settings.tools == "emulated") options.tools = ToolsChoice::emulated;
  }
  return all;
}

Result<RemoteOptions> first_remote(const BackendSettings& settings) {
  auto all = TRY(remote_options(settings, settings.mode));
  if (!all.empty()) return std::move(all.front());
  return fail(Error::Kind::invalid_request,
              fmt::format("mode {} asks no other server", settings.mode));
}

std::filesystem::path mode_file(const Folders& folders) { return folders.state / "mode"; }

std::string first_mode(const Config& config) {
  if (!config.backend.mode.empty()) return config.backend.mode;
  const std::string kept = kept_mode(mode_file(config.folders));
  return kept.empty() ? std::string(embedded_mode) : kept;
}

std::vector<std::string> known_modes(const BackendSettings& settings) {
  std::vector<std::string> modes{std::string(auto_mode), std::string(embedded_mode)};
  for (const KnownServer& known : known_servers) {
    if (!(settings.*known.server).url.empty()) modes.emplace_back(known.mode);
  }
  return modes;
}

Result<void> check_backend(const Config& config) {
  const std::string mode = first_mode(config);
  if (mode == embedded_mode) TRY(model_files(config));
  TRY(remote_options(config.backend, mode));
  return {};
}

Result<ChosenBackends> open_backends(const Config& config, Metrics& metrics) {
  ChosenBackends chosen;
  chosen.embedded = std::make_shared<EmbeddedModels>(config, metrics);
  RouterOptions options;
  options.servers.push_back(embedded_server(config, chosen.embedded));
  for (const KnownServer& known : known_servers) {
    if ((config.backend.*known.server).url.empty()) continue;
    TRY_VOID(add_remote_servers(config, known, metrics, options.servers));
  }
  options.rules = config.backend.rules;
  options.mode_file = mode_file(config.folders);
  chosen.router = std::make_unique<Router>(std::move(options), metrics);
  TRY_VOID(chosen.router->begin(first_mode(config)));
  return chosen;
}

CacheService* cache_of(const ChosenBackends& chosen) { return chosen.embedded->service(); }

}  // namespace anyclaude
