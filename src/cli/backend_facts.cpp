#include "cli/backend_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/process.h"
#include "base/units.h"
#include "cli/backend_choice.h"
#include "engine/remote/remote_backend.h"

namespace anyclaude {
namespace {

constexpr size_t pythons_max = 16;
constexpr const char* python_names[] = {"python3",    "python3.10", "python3.11",
                                        "python3.12", "python3.13", "python3.14"};
// A large model may have to be loaded first.
constexpr std::chrono::milliseconds answer_timeout{120'000};

// Prints version, the package's version and whether it can make a venv. The current folder is taken
// out of the path first: what lies there must not be run.
constexpr std::string_view questions =
    "import sys; sys.path.pop(0)\n"
    "from importlib import metadata, util\n"
    "print('%d %d' % sys.version_info[:2])\n"
    "print(next((d.version for d in metadata.distributions(name=sys.argv[1])), ''))\n"
    "print('venv' if util.find_spec('ensurepip') else '')\n";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::optional<PythonFound> ask_python(const std::filesystem::path& path, const std::string& package,
                                      const Environment& environment) {
  const auto told = output_of({path, {"-c", std::string(questions), package}, environment}, 4096);
  if (!told) return std::nullopt;
  const auto lines = lines_of(*told);
  if (lines.size() != 3) return std::nullopt;
  const size_t blank = lines[0].find(' ');
  if (blank == std::string::npos) return std::nullopt;
  const auto major = parse_count(lines[0].substr(0, blank));
  const auto minor = parse_count(lines[0].substr(blank + 1));
  if (!major || !minor) return std::nullopt;
  return PythonFound{path.string(), static_cast<uint32_t>(*major), static_cast<uint32_t>(*minor),
                     lines[1], !lines[2].empty()};
}

// The venv that is active, those on the path and ours. A venv's Python is a link to the one that it
// was made of, so links are not followed: each has packages of its own.
std::vector<PythonFound> find_pythons(const std::string& package, const std::string& venv,
                                      const Environment& environment) {
  std::vector<std::filesystem::path> candidates;
  const auto look_in = [&](const std::filesystem::path& folder) {
    if (!folder.is_absolute()) return;
    for (const char* name : python_names) {
      const auto path = folder / name;
      const bool known = std::ranges::find(candidates, path) != candidates.end();
      if (!known && candidates.size() < pythons_max && is_executable(path)) {
        candidates.push_back(path);
      }
    }
  };
  look_in(std::filesystem::path(venv) / "bin");
  look_in(std::filesystem::path(value_of(environment, "VIRTUAL_ENV")) / "bin");
  std::string_view path = value_of(environment, "PATH");
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    look_in(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::vector<PythonFound> found;
  for (const auto& candidate : candidates) {
    if (auto python = ask_python(candidate, package, environment)) found.push_back(*python);
  }
  return found;
}

// What the Python package huggingface_hub has fetched: "models--owner--name", as it names folders.
std::vector<std::string> find_fetched_models(const Environment& environment) {
  std::filesystem::path hub = value_of(environment, "HF_HUB_CACHE");
  if (hub.empty()) {
    std::filesystem::path home = value_of(environment, "HF_HOME");
    if (home.empty()) {
      home = value_of(environment, "XDG_CACHE_HOME");
      if (home.empty()) home = std::filesystem::path(value_of(environment, "HOME")) / ".cache";
      home /= "huggingface";
    }
    hub = home / "hub";
  }
  std::vector<std::string> models;
  for (const auto& entry : list_folder(hub)) {
    std::string name = entry.filename().string();
    if (!name.starts_with("models--") || list_folder(entry / "snapshots").empty()) continue;
    name = name.substr(8);
    const size_t owner_end = name.find("--");
    if (owner_end != std::string::npos) name.replace(owner_end, 2, "/");
    models.push_back(name);
  }
  return models;
}

// A path is meant, not a name of the hub.
std::string find_model_fault(const std::filesystem::path& model) {
  if (!model.is_absolute()) return {};
  const auto files = list_folder(model);
  const auto has = [&](const auto& fits) { return std::any_of(files.begin(), files.end(), fits); };
  if (files.empty()) return "there is no such folder";
  if (!has([](const auto& file) { return file.filename() == "config.json"; })) {
    return "it has no config.json";
  }
  if (!has([](const auto& file) { return file.extension() == ".safetensors"; })) {
    return "it has no *.safetensors";
  }
  if (!has([](const auto& file) { return file.filename().string().starts_with("tokenizer"); })) {
    return "it has no tokenizer";
  }
  return {};
}

std::string find_lms(const Environment& environment) {
  if (const auto found = find_program("lms", value_of(environment, "PATH"))) return found->string();
  // Where LM Studio puts it, on the path or not.
  const auto own = std::filesystem::path(value_of(environment, "HOME")) / ".lmstudio/bin/lms";
  return is_executable(own) ? own.string() : std::string();
}

}  // namespace

std::string package_of(const std::string& backend) {
  return backend == "mlx-lm" || backend == "vllm" ? backend : std::string();
}

Result<BackendFacts> find_backend_facts(const Config& config, const Environment& environment) {
  const RemoteOptions options = TRY(first_remote(config.backend));
  BackendFacts facts;
  facts.name = config.backend.mode;
  facts.url = options.url.origin();
  facts.host = options.url.host;
  facts.port = options.url.port;
  facts.here = options.url.is_local();
  UpstreamClient client(client_options(options));
  facts.server = look_at_server(client, options);
  if (facts.server && must_ask_for_tools(options)) {
    facts.tools = shows_tools(client, facts.server->model, answer_timeout);
  } else if (facts.server) {
    facts.tools = facts.server->tools;
  }
  facts.model_wanted = options.model;
#ifdef __APPLE__
  facts.is_mac = true;
#endif
  std::error_code error;
  facts.has_nvidia = std::filesystem::exists("/dev/nvidiactl", error);
  if (!facts.here) return facts;
  const std::string package = package_of(facts.name);
  if (!package.empty()) {
    facts.model_fault = find_model_fault(options.model);
    facts.models_fetched = find_fetched_models(environment);
    facts.venv = (config.folders.cache / package).string();
    facts.pythons = find_pythons(package, facts.venv, environment);
  }
  if (facts.name == "lmstudio") facts.lms = find_lms(environment);
  return facts;
}

}  // namespace anyclaude
