// What the user wants: command line, environment and config.toml made into each part's own Options.
//
// One rule names every setting in all three places: the flag `--kv-type-k` is `ANYCLAUDE_KV_TYPE_K`
// in the environment and `kv_type_k` in $XDG_CONFIG_HOME/anyclaude/config.toml. Flags beat the
// environment, the environment beats the file. settings.h has the table of them.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/api.h"
#include "base/environment.h"
#include "base/paths.h"
#include "base/result.h"
#include "engine/embedded/options.h"
#include "net/http_server.h"
#include "route/decision.h"

namespace anyclaude {

enum class CommandName {
  run,
  serve,
  status,
  stop,
  warm,
  doctor,
  cache,
  mode,
  models,
  service,
  dashboard,
  bench
};

// What `anyclaude cache` is to do.
struct CacheCommand {
  enum class Action { stats, list, verify, prune, pin, unpin, export_prompt, import_prompt };
  Action action = Action::stats;
  uint64_t prompts_max = 0;  // list
  // prune; export_prompt: the prompt
  std::optional<uint64_t> disk_bytes_max;
  std::optional<std::chrono::seconds> unused_for;
  std::string model;   // its name
  std::string prompt;  // its id, or the beginning of it; also of pin and unpin
  // export_prompt, import_prompt
  std::filesystem::path file;
  bool trust = false;
};

// What `anyclaude models` is to do.
struct ModelsCommand {
  enum class Action { list, pull, remove };
  Action action = Action::list;
  std::string name;        // pull, remove
  bool available = false;  // list: those that can be pulled by a short name
  bool force = false;      // remove: also while a server uses it
};

// Where models are pulled from.
struct HubSettings {
  std::string url = "https://huggingface.co";
  std::string token;  // empty: none
};

// What `anyclaude service` is to do.
struct ServiceCommand {
  enum class Action { status, install, remove };
  Action action = Action::status;
  bool print = false;  // install: the service's file goes to standard output, and nowhere else
};

enum class LogForm { text, json };

// What `anyclaude bench` is to do.
struct BenchCommand {
  std::vector<std::string> against;  // rivals (bench/http_contender.h)
  uint32_t rounds = 3;
  uint32_t prompt_tokens = 15'000;  // of a session's first prompt
  std::chrono::seconds time_max{15 * 60};
  std::filesystem::path output;  // a folder; empty: one of its own in the current folder
  std::string against_key;       // that the rivals want
};

struct LauncherOptions {
  std::filesystem::path client;               // of `claude`; empty: looked for
  std::vector<std::string> client_arguments;  // all that stood after "--"
  std::chrono::seconds idle_exit{30 * 60};    // a background server leaves after it; 0: never
};

// What is kept of computed prompts beyond the engine's cells. Zero: chosen (cli/cache_options.h).
struct CacheSettings {
  std::filesystem::path folder;  // empty: kv/ in the cache folder
  uint64_t ram_bytes = 0;
  uint64_t disk_bytes = 0;
  uint64_t bytes_per_day = 64ull << 30;
  bool no_disk = false;
  bool no_warm = false;  // nothing is computed before it is asked for
  std::string team_key;  // of exported prompts; empty: none
};

// Servers of models that answer in the place of the embedded engine.
struct RemoteServer {
  std::string url;  // one or several (config/server_address.h); empty: none
  std::string key;
};

struct BackendSettings {
  std::string mode;  // empty: what was chosen last (cli/backend_choice.h)
  RemoteServer mlx_lm{"http://localhost:8081/v1", "mlx-lm"};
  RemoteServer lm_studio{"http://localhost:1234/v1", "lm-studio"};
  RemoteServer vllm{"http://localhost:8000/v1", ""};
  RemoteServer openai;
  RemoteServer anthropic;
  // Of the server that answers; empty or 0: it is asked.
  std::string model;
  std::string small_model;
  std::string tools = "auto";
  uint32_t context_tokens = 0;
  std::string anthropic_requests = "auto";  // as-sent, canonical
  std::vector<RouteRule> rules;             // of mode auto
};

// A model beside the first one.
struct NamedModel {
  std::string name;   // that requests name it by; empty: its file's
  std::string model;  // as `Config::model`
};

// Those of the embedded engine that are loaded when a request names them.
struct MoreModels {
  std::vector<NamedModel> models;
  bool all = false;         // and every other one of the models folder
  std::string small_model;  // the name of one of them, for who asks for a haiku; empty: none
  std::optional<std::chrono::seconds> idle_max;  // unused so long they leave; 0: never; unset:
                                                 // chosen (cli/embedded_models.cpp)
};

struct Config {
  CommandName command = CommandName::run;
  Folders folders;

  std::string model;  // as the user named it; empty: the default one (models/model_choice.h)
  MoreModels more_models;
  EmbeddedOptions embedded;
  BackendSettings backend;
  CacheSettings cache;
  HttpServerOptions http;
  LogForm log_form = LogForm::text;
  Recorder::Options record;  // without a folder nothing is written down
  ApiOptions api;            // api.auth.owner_secret is only a key that the user has set
  LauncherOptions launcher;
  CacheCommand cache_command;
  BenchCommand bench_command;
  HubSettings hub;
  ModelsCommand models_command;
  ServiceCommand service_command;
  std::string mode_wanted;  // `anyclaude mode NAME`; empty: it tells the present one

  bool json = false;         // status, warm, doctor, cache, models, bench: for programs
  bool from_client = false;  // warm: the client is run to learn its prompts
  bool fix = false;          // doctor: what is missing is installed and started
  bool detached = false;     // serve: started by a launcher, leaves when nobody needs it

  // To start a server that is configured the same, in whatever folder: the flags of this command
  // line, and what of it must not be seen in a process list, as environment variables.
  std::vector<std::string> server_flags;
  Environment server_secrets;
  // The settings that shape the engine, "name=value", sorted: what tells two servers apart.
  std::vector<std::string> engine_settings;
};

// Nothing to run: print the text and leave. To standard output, or, with an exit code other than
// zero, to standard error.
struct Answer {
  int exit_code = 0;
  std::string text;
};

// `arguments` without the program's name. Reads config.toml; touches nothing else.
std::variant<Config, Answer> read_config(const std::vector<std::string>& arguments,
                                         const Environment& environment);

}  // namespace anyclaude
