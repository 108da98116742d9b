#include "cli/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/file.h"
#include "base/metrics.h"
#include "base/process.h"
#include "base/units.h"
#include "cli/api_key.h"
#include "cli/backend_choice.h"
#include "cli/client_program.h"
#include "cli/doctor_checks.h"
#include "cli/doctor_remedies.h"
#include "cli/machine_memory.h"
#include "cli/report_error.h"
#include "cli/running_server.h"
#include "models/model_choice.h"
#include "net/http_server.h"

namespace anyclaude {
namespace {

// Whether the file is a script for Node: then its first line says so.
bool is_node_script(const std::filesystem::path& program) {
  const std::string head = read_head(program, 256);
  const std::string line = head.substr(0, head.find('\n'));
  return line.starts_with("#!") && line.find("node") != std::string::npos;
}

// "v22.1.0" -> 22
std::optional<uint32_t> find_node(const Environment& environment) {
  const auto node = find_program("node", value_of(environment, "PATH"));
  if (!node) return std::nullopt;
  const auto version = output_of({*node, {"--version"}, environment}, 64);
  if (!version || !version->starts_with('v')) return std::nullopt;
  const auto major = parse_count(std::string_view(*version).substr(1, version->find('.') - 1));
  return major ? std::optional(static_cast<uint32_t>(*major)) : std::nullopt;
}

std::string find_gpu() {
  std::error_code error;
  if (std::filesystem::exists("/dev/nvidiactl", error)) return "an NVIDIA GPU";
  if (std::filesystem::exists("/dev/kfd", error)) return "an AMD GPU";
  return {};
}

// As it is set; else that of the server that runs.
std::string model_meant(const Config& config) {
  if (!config.model.empty()) return config.model;
  const auto server = RunningServer::find(config.folders, config.http.port);
  std::error_code error;
  const bool is_file = server && std::filesystem::is_regular_file(server->state().model, error);
  return is_file ? server->state().model : config.model;
}

void look_at_more_models(const Config& config, const std::filesystem::path& first,
                         DoctorFacts& facts) {
  const auto more = choose_more_models(config.more_models, first, config.folders);
  if (!more) {
    facts.more_models.push_back({"", std::unexpected(more.error())});
    return;
  }
  for (const NamedFile& file : *more) {
    facts.more_models.push_back({file.name, survey_model(file.path.string())});
  }
}

void look_at_model(const Config& config, DoctorFacts& facts) {
  const auto choice = choose_model(model_meant(config), config.folders);
  if (!choice) {
    facts.model_path = std::unexpected(choice.error());
    facts.model = std::unexpected(choice.error());
    return;
  }
  facts.without_model = choice->none;
  facts.model_path = choice->path.string();
  if (choice->none) return;
  look_at_more_models(config, choice->path, facts);
  facts.model = survey_model(choice->path.string());
  if (!facts.model) return;
  facts.chat_template = PromptMaker::look_at(choice->path.string(), config.embedded);
}

// A folder that is not there yet can be made where the nearest one above it can be written.
std::filesystem::path nearest_existing(std::filesystem::path folder) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

void look_at_folders(const Config& config, DoctorFacts& facts) {
  const Folders& folders = config.folders;
  for (const auto& folder : {folders.config, folders.state, folders.cache, folders.runtime}) {
    const auto existing = nearest_existing(folder);
    if (::access(existing.c_str(), W_OK | X_OK) == 0) continue;
    facts.folders.push_back(fmt::format("{} cannot be written", existing.string()));
  }
}

void look_at_server(const Config& config, DoctorFacts& facts) {
  facts.port = config.http.port;
  auto server = RunningServer::find(config.folders, config.http.port);
  if (server) {
    facts.server_url = server->base_url();
    const auto key = choose_key(config);
    const auto models = server->models(key ? key->secret : "");
    if (models && !models->empty()) facts.context_running = models->front().context_tokens;
    return;
  }
  const auto allowed = check_bind(config);
  if (!allowed) facts.bind_error = allowed.error();
  Metrics metrics;
  HttpServer trial(config.http, metrics);
  const auto bound = trial.bind();
  if (!bound) facts.port_error = bound.error();
}

void look_at_client(const Config& config, const Environment& environment, DoctorFacts& facts) {
  const auto client = find_client(config, environment);
  if (!client) {
    facts.client = std::unexpected(client.error());
    return;
  }
  facts.client = client->string();
  facts.client_needs_node = is_node_script(*client);
  if (facts.client_needs_node) facts.node_major = find_node(environment);
}

Result<std::vector<Check>> look(const Config& config, const Environment& environment) {
  DoctorFacts facts;
  look_at_client(config, environment, facts);
  if (config.backend.mode == embedded_mode || config.backend.mode == auto_mode) {
    look_at_model(config, facts);
    facts.memory_bytes = machine_memory_bytes();
    facts.context_wanted = config.embedded.context_tokens;
    facts.machine = survey_machine();
    facts.gpu_present = find_gpu();
    facts.threads_wanted = config.embedded.threads;
  } else {
    facts.backend = TRY(find_backend_facts(config, environment));
  }
  look_at_folders(config, facts);
  look_at_server(config, facts);
  return examine(facts);
}

}  // namespace

int doctor(const Config& wanted, const Environment& environment) {
  Config config = wanted;
  config.backend.mode = first_mode(wanted);
  auto checks = look(config, environment);
  if (checks && config.fix && any_needs_remedy(*checks)) {
    const auto mended = apply_remedies(*checks, config, environment);
    if (!mended) report_error(mended.error());
    checks = look(config, environment);
  }
  if (!checks) return report_error(checks.error());
  fmt::print("{}", config.json ? checks_json(*checks) : checks_text(*checks));
  return any_failed(*checks) ? failure_exit_code : 0;
}

}  // namespace anyclaude
