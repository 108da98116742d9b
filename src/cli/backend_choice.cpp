#include "cli/backend_choice.h"

#include <filesystem>

#include "cli/cache_options.h"
#include "cli/model_choice.h"
#include "engine/embedded/embedded_backend.h"
#include "engine/no_backend.h"
#include "engine/remote/remote_backend.h"

namespace anyclaude {
namespace {

Result<ChosenBackend> open_embedded(const Config& config, Metrics& metrics) {
  ChosenBackend chosen;
  const ModelChoice model = TRY(choose_model(config.model, config.folders));
  if (model.none) {
    chosen.backend = std::make_unique<NoBackend>();
    chosen.model = "none";
    return chosen;
  }
  std::error_code error;
  const Machine machine =
      measure_machine(cache_folder(config), std::filesystem::file_size(model.path, error));
  chosen.cache = KvCache::open(real_files(), choose_cache_options(config, machine), metrics);
  EmbeddedOptions options = config.embedded;
  options.model_path = model.path.string();
  options.identity_folder = (config.folders.cache / "model_hashes").string();
  if (!config.cache.no_disk) options.state_folder = config.folders.state.string();
  auto embedded = EmbeddedBackend::open(std::move(options), chosen.cache.get(), metrics);
  chosen.report = [backend = embedded.get()] { return backend->report(); };
  chosen.backend = std::move(embedded);
  chosen.model = model.path.string();
  return chosen;
}

struct KnownServer {
  const char* mode;
  const char* key_setting;
  RemoteServer BackendSettings::* server;
  RemoteForm form = RemoteForm::openai;
};

constexpr KnownServer known_servers[] = {
    {"mlx-lm", "MLX_LM_API_KEY", &BackendSettings::mlx_lm},
    {"lmstudio", "LMSTUDIO_API_KEY", &BackendSettings::lm_studio},
    {"vllm", "VLLM_API_KEY", &BackendSettings::vllm},
    {"openai", "OPENAI_API_KEY", &BackendSettings::openai},
    {"anthropic", "ANTHROPIC_UPSTREAM_KEY", &BackendSettings::anthropic, RemoteForm::anthropic},
};

Result<ChosenBackend> open_remote(const BackendSettings& settings, const KnownServer& known,
                                  Metrics& metrics) {
  const RemoteServer& server = settings.*known.server;
  RemoteOptions options;
  options.name = known.mode;
  options.form = known.form;
  options.url = TRY(parse_url(server.url));
  options.key = server.key;
  options.key_setting = known.key_setting;
  options.model = settings.model;
  options.small_model = settings.small_model;
  options.context_tokens = settings.context_tokens;
  if (settings.tools == "native") options.tools = ToolsChoice::native;
  if (settings.tools == "emulated") options.tools = ToolsChoice::emulated;
  ChosenBackend chosen;
  chosen.model = options.url.origin();
  auto remote = std::make_unique<RemoteBackend>(std::move(options), metrics);
  chosen.report = [backend = remote.get()] { return backend->report(); };
  chosen.backend = std::move(remote);
  return chosen;
}

}  // namespace

Result<void> check_backend(const Config& config) {
  if (config.backend.mode == "embedded") TRY(choose_model(config.model, config.folders));
  return {};
}

Result<ChosenBackend> open_backend(const Config& config, Metrics& metrics) {
  for (const KnownServer& known : known_servers) {
    if (config.backend.mode == known.mode) return open_remote(config.backend, known, metrics);
  }
  return open_embedded(config, metrics);
}

}  // namespace anyclaude
