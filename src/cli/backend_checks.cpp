#include "cli/backend_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace anyclaude {
namespace {

using Level = Check::Level;

constexpr size_t models_listed_max = 8;

// As the packages say themselves.
uint32_t python_minor_least(const BackendFacts& facts) { return facts.name == "mlx-lm" ? 11 : 10; }

bool is_new_enough(const BackendFacts& facts, const PythonFound& python) {
  return python.major == 3 && python.minor >= python_minor_least(facts);
}

std::string told(const PythonFound& python) {
  return fmt::format("{}.{} at {}", python.major, python.minor, python.path);
}

const PythonFound* with_package(const BackendFacts& facts) {
  const auto found = std::ranges::find_if(
      facts.pythons, [](const PythonFound& python) { return !python.package_version.empty(); });
  return found == facts.pythons.end() ? nullptr : &*found;
}

const PythonFound* for_a_venv(const BackendFacts& facts) {
  const auto found = std::ranges::find_if(facts.pythons, [&](const PythonFound& python) {
    return python.makes_venvs && is_new_enough(facts, python);
  });
  return found == facts.pythons.end() ? nullptr : &*found;
}

// The one that will have the package once the remedies have been run.
std::string python_to_serve(const BackendFacts& facts) {
  const PythonFound* python = with_package(facts);
  return python != nullptr ? python->path : facts.venv + "/bin/python3";
}

Check check_python(const BackendFacts& facts) {
  std::string text;
  for (const PythonFound& python : facts.pythons) {
    if (is_new_enough(facts, python)) text += (text.empty() ? "" : "\n") + told(python);
  }
  const std::string advice =
      fmt::format("install Python 3.{} or newer, with its venv", python_minor_least(facts));
  if (text.empty()) {
    return {Level::fail, "python",
            facts.pythons.empty() ? "none found" : "only older ones: " + told(facts.pythons[0]),
            advice};
  }
  if (with_package(facts) == nullptr && for_a_venv(facts) == nullptr) {
    return {Level::fail, "python", text + "\nnone of them can make a venv",
            "install its venv (Debian: python3-venv)"};
  }
  return {Level::ok, "python", text, ""};
}

std::vector<std::string> packages_to_install(const BackendFacts& facts) {
  if (facts.name == "vllm") return {"vllm"};
  // Apple's framework comes without a processor to run on elsewhere.
  if (facts.is_mac) return {"mlx-lm"};
  return {facts.has_nvidia ? "mlx[cuda]" : "mlx[cpu]", "mlx-lm"};
}

Check check_package(const BackendFacts& facts) {
  const std::string package = package_of(facts.name);
  if (const PythonFound* python = with_package(facts)) {
    return {Level::ok, facts.name,
            fmt::format("{} {} for Python {}", package, python->package_version, told(*python)),
            ""};
  }
  Check check = {Level::fail, facts.name, fmt::format("no Python here has the package {}", package),
                 "install it into a folder of its own:"};
  if (facts.server) {
    check.level = Level::ok;
    check.text += "; a server answers all the same";
    check.advice.clear();
  } else if (facts.name == "vllm" && !facts.has_nvidia) {
    check.advice =
        "it is made for NVIDIA GPUs, and none was seen here: take another backend, or "
        "install one of its builds for this machine";
  } else if (const PythonFound* python = for_a_venv(facts)) {
    check.remedies.push_back({{python->path, "-m", "venv", facts.venv}});
    Remedy install = {{facts.venv + "/bin/python3", "-m", "pip", "install", "--upgrade"}};
    for (std::string& name : packages_to_install(facts)) install.command.push_back(name);
    check.remedies.push_back(std::move(install));
  } else {
    check.advice = "install it once there is a Python for it";
  }
  return check;
}

// What the server is to be started with; empty: it must be named.
std::string model_to_serve(const BackendFacts& facts) {
  if (!facts.model_wanted.empty()) return facts.model_wanted;
  return facts.models_fetched.empty() ? std::string() : facts.models_fetched.front();
}

Check check_model_folder(const BackendFacts& facts) {
  if (!facts.model_fault.empty()) {
    return {Level::fail, "model",
            fmt::format("{} is no model: {}", facts.model_wanted, facts.model_fault),
            "name the folder of a model in the form of the Hugging Face hub with --remote-model"};
  }
  const std::string model = model_to_serve(facts);
  if (model.empty()) {
    return {Level::fail, "model", "none is named, and none has been fetched from the hub",
            "name one with --remote-model: a folder, or a name of the hub, as "
            "mlx-community/Qwen3-Coder-30B-A3B-Instruct-4bit"};
  }
  if (model.starts_with("/")) return {Level::ok, "model", model, ""};
  const bool fetched = std::ranges::find(facts.models_fetched, model) != facts.models_fetched.end();
  return {Level::ok, "model",
          fetched ? model + ", in the hub's cache here"
                  : model + ", which is fetched when the server starts",
          ""};
}

Check check_lms(const BackendFacts& facts) {
  if (!facts.lms.empty()) return {Level::ok, "lms", facts.lms, ""};
  if (facts.server) return {Level::ok, "lms", "not found; a server answers all the same", ""};
  return {Level::fail, "lms", "LM Studio's program `lms` is neither on PATH nor in ~/.lmstudio",
          "install LM Studio (lmstudio.ai) and start it once"};
}

// The command that starts the server here; empty: something else is missing first.
std::vector<std::string> start_command(const BackendFacts& facts) {
  const std::string port = std::to_string(facts.port);
  if (facts.name == "lmstudio" && !facts.lms.empty()) {
    return {facts.lms, "server", "start", "--port", port};
  }
  const std::string model = model_to_serve(facts);
  if (model.empty() || !facts.model_fault.empty()) return {};
  const bool can_have_package = !check_package(facts).remedies.empty();
  if (with_package(facts) == nullptr && !can_have_package) return {};
  const std::string python = python_to_serve(facts);
  if (facts.name == "mlx-lm") {
    return {python, "-m", "mlx_lm", "server", "--model", model, "--port", port};
  }
  if (facts.name == "vllm") {
    return {python,
            "-m",
            "vllm.entrypoints.openai.api_server",
            "--model",
            model,
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--enable-prefix-caching",
            "--enable-prompt-tokens-details",
            "--enable-auto-tool-choice",
            "--tool-call-parser",
            "hermes"};
  }
  return {};
}

Check check_answer(const BackendFacts& facts) {
  if (facts.server) {
    std::string text = fmt::format("answers at {}", facts.url);
    size_t listed = 0;
    for (const ServedModel& model : facts.server->models) {
      if (++listed > models_listed_max) break;
      text += fmt::format("\n{}{}", model.id, model.id == facts.server->model ? " (answers)" : "");
    }
    if (listed > models_listed_max) {
      text += fmt::format("\n... {} in all", facts.server->models.size());
    }
    const bool known = std::ranges::find(facts.server->models, facts.server->model,
                                         &ServedModel::id) != facts.server->models.end();
    if (known) return {Level::ok, "backend", text, ""};
    return {Level::warn, "backend",
            fmt::format("{}\nit does not list {}, which --remote-model names", text,
                        facts.server->model),
            "some servers fetch it when it is asked for; else name one of these"};
  }
  Check check = {Level::fail, "backend", facts.server.error().message, ""};
  if (!facts.here) {
    check.advice = "start it there, or set another address";
    return check;
  }
  const auto command = start_command(facts);
  if (command.empty()) {
    check.advice = "start it, or set the address that it has";
  } else {
    check.advice =
        facts.name == "vllm" ? "start it, with the parser of the model's calls:" : "start it:";
    // `lms` has the application serve, and ends.
    check.remedies.push_back({command, facts.name != "lmstudio"});
  }
  return check;
}

Check check_remote_context(const ServerFacts& server) {
  if (server.context_tokens > 0) return check_context(server.context_tokens);
  return {Level::warn, "context", "the server does not say how much its model takes",
          "say it with --remote-context, so that the client compacts in time"};
}

Check check_tools(const BackendFacts& facts) {
  if (!facts.tools && facts.tools.error().kind == Error::Kind::not_found) {
    return {Level::warn, "tools",
            "whether it shows tools to its model cannot be told: it counts no tokens",
            "if the model never calls a tool, set --remote-tools emulated"};
  }
  if (!facts.tools) {
    return {Level::fail, "tools", facts.tools.error().message,
            "see its log, or name another of its models with --remote-model"};
  }
  if (*facts.tools) return {Level::ok, "tools", "the server's own", ""};
  if (facts.name != "vllm") return {Level::ok, "tools", "it has none: they are told in words", ""};
  return {Level::warn, "tools", "it refuses them: they are told in words",
          "start it with --enable-auto-tool-choice and the --tool-call-parser of the model"};
}

}  // namespace

std::vector<Check> examine_backend(const BackendFacts& facts) {
  std::vector<Check> checks;
  if (facts.here && !package_of(facts.name).empty()) {
    if (!facts.server) checks.push_back(check_python(facts));
    checks.push_back(check_package(facts));
    if (!facts.server) checks.push_back(check_model_folder(facts));
  }
  if (facts.here && facts.name == "lmstudio") checks.push_back(check_lms(facts));
  checks.push_back(check_answer(facts));
  if (!facts.server) return checks;
  checks.push_back(check_remote_context(*facts.server));
  checks.push_back(check_tools(facts));
  checks.push_back(
      {Level::ok, "images", facts.server->images ? "the model sees them" : "told of in words", ""});
  return checks;
}

}  // namespace anyclaude
