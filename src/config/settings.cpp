#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/setters.h"

namespace anyclaude {
namespace {

using enum Setting::Group;

void add_model_settings(std::vector<Setting>& settings) {
  settings.push_back({"model", model, "PATH",
                      "The model: a GGUF file (of a split one the first part), or the name of one "
                      "that `anyclaude models pull` has fetched. 'none' serves without a model and "
                      "answers every request with 503. Default: SmolLM2-135M in the cache folder. "
                      "Example: --model ~/models/qwen3-coder-30b.gguf",
                      set_model});
  settings.push_back({"models", model, "NAME=MODEL",
                      "Further models, comma-separated, as --model has them: each is loaded when a "
                      "request names it, and leaves when it is idle or memory is short; what was "
                      "computed with it stays in the cache. Without NAME it is called as its file; "
                      "'all': every model that `anyclaude models ls` lists. Or [[models]] with "
                      "name and model in config.toml. Example: --models small=qwen3-4b",
                      set_more_models});
  settings.push_back({"small-model", model, "NAME",
                      "Which of --models answers where a client asks for a small one (haiku), as "
                      "for titles. Default: the first model, which is loaded anyway.",
                      set_name(&MoreModels::small_model)});
  settings.push_back({"model-idle", model, "TIME",
                      "A model that nobody has used for so long gives its memory back; 'never': it "
                      "stays. Default: 15m with --models, else never.",
                      set_model_idle});
  settings.push_back({"model-id", model, "NAME",
                      "The model's name in the API. Default: 'local-' and the file's name.",
                      set_name(&EmbeddedOptions::model_id)});
  settings.push_back({"chat-template", model, "FILE",
                      "A Jinja chat template to use in place of the model's own.",
                      set_file(&EmbeddedOptions::chat_template_path)});
  settings.push_back({"prompt-layout", model, "cache|template",
                      "'cache': tools stand first in the prompt, those in front that most agents "
                      "have, then the system text, so that agents share what was computed. "
                      "'template': in the client's order, where the chat template has them. "
                      "Default: cache.",
                      set_one_of(&EmbeddedOptions::prompt_layout, {"cache", "template"})});
  settings.push_back({"context", model, "TOKENS",
                      "The longest conversation, prompt and answer together. Default: what the "
                      "model was trained for, as far as memory allows. Example: --context 64k",
                      set_number(&EmbeddedOptions::context_tokens, 256u, 1u << 27)});
  settings.push_back({"output-tokens", model, "TOKENS",
                      "The longest answer. Default: what the context leaves.",
                      set_number(&EmbeddedOptions::output_tokens_max, 1u)});
  settings.push_back({"seed", model, "NUMBER",
                      "Makes answers repeatable. Default: another one for every answer.",
                      set_number(&EmbeddedOptions::seed, 0u)});
  settings.push_back({"override-kv", model, "KEY=TYPE:VALUE",
                      "Overrides metadata of the GGUF, comma-separated; TYPE is int, float, bool "
                      "or str. Example: --override-kv llama.context_length=int:49152",
                      set_override_kv});
}

void add_engine_settings(std::vector<Setting>& settings) {
  const std::vector<std::string_view> kv_types = {"f32",  "f16",  "bf16", "q8_0",  "q5_1",
                                                  "q5_0", "q4_1", "q4_0", "iq4_nl"};
  settings.push_back({"memory", engine, "SIZE",
                      "Memory for the KV cache of all conversations, without the model itself. "
                      "Default: half of what is free. Example: --memory 8GiB",
                      set_bytes(&EmbeddedOptions::memory_bytes_max, 1 << 20)});
  settings.push_back(
      {"checkpoint-memory", engine, "SIZE",
       "Of --memory, the part for states that cannot be cut, to go on from. Default: "
       "chosen by the engine.",
       set_bytes(&EmbeddedOptions::checkpoint_bytes_max, 0)});
  settings.push_back({"token-memory", engine, "SIZE",
                      "Memory for the tokens of texts seen before, which are then not tokenised "
                      "again. Default: 64MiB.",
                      set_bytes(&EmbeddedOptions::token_memory_bytes_max, 0)});
  settings.push_back({"cells", engine, "TOKENS",
                      "Tokens that the KV cache holds over all conversations, at least --context. "
                      "Default: what --memory allows.",
                      set_number(&EmbeddedOptions::cache_cells, 256u, 1u << 28)});
  settings.push_back({"sequences", engine, "NUMBER",
                      "Conversations kept ready at the same time. Default: chosen by the engine.",
                      set_number(&EmbeddedOptions::sequences_max, 1u, 256u)});
  settings.push_back({"batch", engine, "TOKENS",
                      "Prompt tokens computed in one step: larger is faster on a GPU, smaller lets "
                      "running answers go on more smoothly. Default: chosen by the engine.",
                      set_number(&EmbeddedOptions::batch_tokens, 1u, 65'536u)});
  settings.push_back({"threads", engine, "NUMBER",
                      "CPU threads that compute. Default: the number of physical cores.",
                      set_number(&EmbeddedOptions::threads, 1u, 512u)});
  settings.push_back({"gpu-layers", engine, "NUMBER",
                      "Layers computed on the GPU; 0: none, 'auto': as many as fit. Default: auto.",
                      set_gpu_layers});
  settings.push_back({"kv-type-k", engine, "TYPE",
                      "How keys are stored: f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl. "
                      "q8_0 takes half the memory of f16. Default: f16.",
                      set_one_of(&EmbeddedOptions::kv_type_k, kv_types), false, "", kv_types});
  settings.push_back({"kv-type-v", engine, "TYPE",
                      "How values are stored; quantised ones need flash attention. Default: f16.",
                      set_one_of(&EmbeddedOptions::kv_type_v, kv_types), false, "", kv_types});
  settings.push_back({"flash-attention", engine, "on|off|auto",
                      "Default: auto, which is on wherever the engine can.", set_flash_attention});
  settings.push_back({"requests", engine, "NUMBER",
                      "Requests accepted and not yet answered; more are refused as overloaded. "
                      "Default: 256.",
                      set_number(&EmbeddedOptions::requests_max, 1u, 100'000u)});
}

void add_cache_settings(std::vector<Setting>& settings) {
  settings.push_back({"cache-ram", cache, "SIZE",
                      "Memory for prompts of conversations that pause. Default: a quarter of what "
                      "is free beside the model, at most 16GiB.",
                      set_bytes(&CacheSettings::ram_bytes, 1 << 20)});
  settings.push_back({"cache-disk", cache, "SIZE",
                      "Disk for prompts that outlive the server. Default: 20GiB, or a tenth of "
                      "what is free where that is less.",
                      set_bytes(&CacheSettings::disk_bytes, 1 << 20)});
  settings.push_back({"cache-writes-per-day", cache, "SIZE",
                      "Not more than this is written to the disk in a day, which spares it. "
                      "Default: 64GiB.",
                      set_bytes(&CacheSettings::bytes_per_day, 1 << 20)});
  settings.push_back({"cache-folder", cache, "FOLDER",
                      "Where it lies. Default: kv in the cache folder, ~/.cache/anyclaude.",
                      set_file(&CacheSettings::folder)});
  settings.push_back({"no-cache-disk", cache, "",
                      "Keeps computed prompts in memory only; nothing of them is written.",
                      set_switch(&CacheSettings::no_disk)});
  settings.push_back({"no-warm", cache, "",
                      "Computes nothing ahead. Else an idle server computes, after its start, the "
                      "beginnings of prompts that came before, for a model that is new or a cache "
                      "that was emptied.",
                      set_switch(&CacheSettings::no_warm)});
}

void add_backend_settings(std::vector<Setting>& settings) {
  const std::vector<std::string_view> modes = {"auto", "embedded", "mlx-lm",   "lmstudio",
                                               "vllm", "openai",   "anthropic"};
  settings.push_back({"mode", backend, "NAME",
                      "Who answers: 'embedded' computes here; 'mlx-lm', 'lmstudio', 'vllm', "
                      "'openai' and 'anthropic' ask a server that runs already, and tell tools in "
                      "words where it has none; 'auto' chooses for each request. Default: what "
                      "`anyclaude mode` chose last, else embedded. Example: --mode lmstudio",
                      set_one_of(&BackendSettings::mode, modes), false, "", modes});
  settings.push_back({"route", backend, "KIND=MODE",
                      "In mode auto: requests of a kind go to one mode while it can answer them, "
                      "comma-separated; KIND is background, agents, images, tools or edits. "
                      "Example: --route background=mlx-lm,images=vllm",
                      set_route_rules});
  const auto add_server = [&](std::string_view url, std::string_view url_variable,
                              std::string_view url_help, std::string_view key,
                              std::string_view key_variable, std::string_view key_help,
                              RemoteServer BackendSettings::* server) {
    settings.push_back({url, backend, "URL", url_help, set_url(server), false, url_variable});
    settings.push_back({key, backend, "KEY", key_help, set_server_key(server), true, key_variable});
  };
  add_server("mlx-lm-url", "MLX_LM_URL",
             "Where `mlx_lm.server` listens. Default: http://localhost:8081/v1.", "mlx-lm-key",
             "MLX_LM_API_KEY", "Its key, if it wants one.", &BackendSettings::mlx_lm);
  add_server("lmstudio-url", "LMSTUDIO_URL",
             "Where LM Studio's server listens. Default: http://localhost:1234/v1.", "lmstudio-key",
             "LMSTUDIO_API_KEY", "Its key, if it wants one.", &BackendSettings::lm_studio);
  add_server("vllm-url", "VLLM_URL",
             "Where vLLM listens; several, separated by commas, share the work. Default: "
             "http://localhost:8000/v1.",
             "vllm-key", "VLLM_API_KEY", "Its key, if it wants one.", &BackendSettings::vllm);
  add_server("openai-url", "OPENAI_BASE_URL",
             "Of any other server with Chat Completions, for --mode openai: llama-server, Ollama, "
             "SGLang ... Example: --openai-url http://box.lan:11434/v1",
             "openai-key", "OPENAI_API_KEY",
             "Its key. Rather set OPENAI_API_KEY: flags can be seen in the process list.",
             &BackendSettings::openai);
  add_server("anthropic-url", "ANTHROPIC_UPSTREAM_URL",
             "Of a server with the Messages API, for --mode anthropic: llama-server, vLLM, LM "
             "Studio ... Example: --anthropic-url http://box.lan:9001",
             "anthropic-key", "ANTHROPIC_UPSTREAM_KEY", "Its key, sent as x-api-key.",
             &BackendSettings::anthropic);
  settings.push_back(
      {"anthropic-requests", backend, "auto|as-sent|canonical",
       "Whether that server gets requests as the client sent them, and the client "
       "its answers, as behind a gateway to Anthropic. Without --anthropic-key and "
       "with --no-auth the caller's own key goes along. Default: auto, which does "
       "so where the address is Anthropic's.",
       set_one_of(&BackendSettings::anthropic_requests, {"auto", "as-sent", "canonical"})});
  settings.push_back({"remote-model", backend, "NAME",
                      "Which of that server's models answers. Default: the one that is loaded, or "
                      "the first that it lists.",
                      set_name(&BackendSettings::model)});
  settings.push_back({"remote-small-model", backend, "NAME",
                      "Which answers where a client asks for a small one (haiku), as for titles. "
                      "Default: the same.",
                      set_name(&BackendSettings::small_model)});
  settings.push_back({"remote-tools", backend, "auto|native|emulated",
                      "Whether that server shows tools to its model: 'native' yes, 'emulated' no, "
                      "so they are told in words. Default: auto, which asks it.",
                      set_one_of(&BackendSettings::tools, {"auto", "native", "emulated"})});
  settings.push_back({"remote-context", backend, "TOKENS",
                      "What its model takes, where the server does not say. Example: "
                      "--remote-context 32k",
                      set_number(&BackendSettings::context_tokens, 256u, 1u << 27)});
}

void add_hub_settings(std::vector<Setting>& settings) {
  settings.push_back({"hub-url", hub, "URL",
                      "The Hugging Face hub, or a mirror that speaks its protocol. Default: "
                      "https://huggingface.co.",
                      set_hub_url, false, "HF_ENDPOINT"});
  settings.push_back({"hub-token", hub, "TOKEN",
                      "Shown to the hub, for models that are not everybody's. Rather set HF_TOKEN: "
                      "flags can be seen in the process list.",
                      set_hub_token, true, "HF_TOKEN"});
}

void add_server_settings(std::vector<Setting>& settings) {
  settings.push_back({"port", server, "NUMBER",
                      "The server's port; 0: any free one. Each port has a server of its own. "
                      "Default: 8484.",
                      set_number(&HttpServerOptions::port, uint16_t{0})});
  settings.push_back({"host", server, "ADDRESS",
                      "The address to listen on. Anything but this machine's own (127.0.0.1, ::1, "
                      "localhost) needs an API key set by you. Default: 127.0.0.1.",
                      set_name(&HttpServerOptions::host)});
  settings.push_back({"api-key", server, "KEY",
                      "What clients must send as x-api-key or Bearer token. Rather set "
                      "ANYCLAUDE_API_KEY: flags can be seen in the process list. Default: a random "
                      "key, made at the first start and kept in the configuration folder.",
                      set_api_key, true});
  settings.push_back({"keys", server, "NAME=KEY",
                      "Keys for others, comma-separated; NAME@GROUP=KEY puts one into a group. "
                      "What is computed for one key can be used by, and be seen in the times of, "
                      "its group alone; the group 'owner' shares with your own key. Rather set "
                      "ANYCLAUDE_KEYS, or [[keys]] with name, key and group in config.toml.",
                      set_keys, true});
  settings.push_back({"no-auth", server, "",
                      "Lets every process of this machine in without a key; refused for any other "
                      "address.",
                      set_switch(&AuthOptions::no_auth)});
  settings.push_back({"team-key", server, "KEY",
                      "What `cache export` signs prompts with and `cache import` checks them by: "
                      "the same for all who exchange them. Rather set ANYCLAUDE_TEAM_KEY.",
                      set_team_key, true});
  settings.push_back({"allowed-hosts", server, "NAMES",
                      "Further names under which clients may address the server, comma-separated; "
                      "others are refused against DNS rebinding. Example: --allowed-hosts box.lan",
                      set_allowed_hosts});
  settings.push_back({"record", server, "FOLDER",
                      "Writes every request for an answer down there, to be replayed and measured "
                      "(bench/traffic.py): all that the client sends, your files and the output "
                      "of commands included. Default: nothing is written down.",
                      set_file(&Recorder::Options::folder)});
  settings.push_back({"log-format", server, "text|json",
                      "How `serve` writes its log on standard error: lines for people, or one JSON "
                      "object a line, with the request's id. Default: text.",
                      set_log_form});
  settings.push_back({"body-limit", server, "SIZE", "The longest request. Default: 64MiB.",
                      set_bytes(&HttpServerOptions::body_bytes_max, 1024)});
  settings.push_back(
      {"connections", server, "NUMBER", "Open connections; more are refused. Default: 1200.",
       set_number(&HttpServerOptions::connections_max, size_t{32}, size_t{100'000})});
}

void add_launcher_settings(std::vector<Setting>& settings) {
  settings.push_back({"claude", launcher, "PATH",
                      "The Claude Code program. Default: 'claude' on PATH, else the one that "
                      "scripts/setup/claude.sh installs into the cache folder.",
                      set_file(&LauncherOptions::client)});
  settings.push_back({"idle-exit", launcher, "TIME",
                      "A server started in the background ends itself when no client has run and "
                      "no request has come for so long; 'never': it stays. Default: 30m.",
                      set_idle_exit});
}

bool quantised(const std::string& type) { return type.starts_with('q') || type.starts_with("iq"); }

}  // namespace

std::vector<Setting> all_settings() {
  std::vector<Setting> settings;
  add_model_settings(settings);
  add_engine_settings(settings);
  add_cache_settings(settings);
  add_backend_settings(settings);
  add_hub_settings(settings);
  add_server_settings(settings);
  add_launcher_settings(settings);
  return settings;
}

std::string environment_name(const Setting& setting) {
  if (!setting.variable.empty()) return std::string(setting.variable);
  std::string name = "ANYCLAUDE_";
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string file_key(const Setting& setting) {
  std::string key(setting.name);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

Result<void> check_together(const Config& config) {
  const EmbeddedOptions& embedded = config.embedded;
  if (embedded.cache_cells != 0 && embedded.context_tokens > embedded.cache_cells) {
    return fail(Error::Kind::invalid_request,
                fmt::format("cells ({}) must be at least context ({})", embedded.cache_cells,
                            embedded.context_tokens));
  }
  if (embedded.context_tokens != 0 && embedded.output_tokens_max >= embedded.context_tokens) {
    return fail(Error::Kind::invalid_request,
                fmt::format("output-tokens ({}) must be less than context ({})",
                            embedded.output_tokens_max, embedded.context_tokens));
  }
  const auto needs_address = [&](std::string_view mode, const RemoteServer& server) {
    return config.backend.mode == mode && server.url.empty();
  };
  if (needs_address("openai", config.backend.openai)) {
    return fail(Error::Kind::invalid_request,
                "mode openai needs the server's address: set openai-url or OPENAI_BASE_URL");
  }
  if (needs_address("anthropic", config.backend.anthropic)) {
    return fail(Error::Kind::invalid_request,
                "mode anthropic needs the server's address: set anthropic-url or "
                "ANTHROPIC_UPSTREAM_URL");
  }
  const AuthOptions& auth = config.api.auth;
  if (auth.no_auth && !auth.keys.empty()) {
    return fail(Error::Kind::invalid_request,
                "no-auth lets everybody in as the owner: leave it out, or leave out keys");
  }
  for (const ApiKey& key : auth.keys) {
    if (key.secret != auth.owner_secret) continue;
    return fail(Error::Kind::invalid_request,
                fmt::format("keys: '{}' has the same key as api-key", key.name));
  }
  if (embedded.flash_attention == "off" && quantised(embedded.kv_type_v)) {
    return fail(
        Error::Kind::invalid_request,
        fmt::format("kv-type-v {} needs flash attention, which is off", embedded.kv_type_v));
  }
  return {};
}

}  // namespace anyclaude
