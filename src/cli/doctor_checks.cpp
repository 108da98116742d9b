#include "cli/doctor_checks.h"

#include <fmt/format.h>

#include <utility>

#include "base/units.h"
#include "cli/backend_checks.h"

namespace anyclaude {
namespace {

using Level = Check::Level;

constexpr uint32_t node_major_needed = 22;

Check check_client(const DoctorFacts& facts) {
  if (!facts.client) {
    return {Level::fail, "claude", facts.client.error().message,
            "without it only `anyclaude serve` is of use"};
  }
  return {Level::ok, "claude", *facts.client, ""};
}

Check check_node(const DoctorFacts& facts) {
  if (!facts.node_major) {
    return {Level::fail, "node", "this Claude Code is a script, and there is no Node to run it",
            "install Node 22 or newer, or a Claude Code that brings its own program"};
  }
  const std::string version = fmt::format("Node {}", *facts.node_major);
  if (*facts.node_major < node_major_needed) {
    return {Level::warn, "node", version + " is older than Claude Code wants",
            "install Node 22 or newer"};
  }
  return {Level::ok, "node", version, ""};
}

Check check_model(const DoctorFacts& facts) {
  if (facts.without_model) {
    return {Level::warn, "model", "none: every request will be refused", "set one with --model"};
  }
  if (!facts.model_path) {
    return {Level::fail, "model", facts.model_path.error().message, ""};
  }
  if (!facts.model) {
    return {Level::fail, "model", facts.model.error().message, "fetch it again, or take another"};
  }
  const ModelSurvey& model = *facts.model;
  const std::string text =
      fmt::format("{} ({}, {})", *facts.model_path, model.architecture, print_bytes(model.bytes));
  if (facts.memory_bytes > 0 && model.bytes > facts.memory_bytes) {
    return {Level::warn, "model",
            fmt::format("{} is larger than this machine's memory of {}", text,
                        print_bytes(facts.memory_bytes)),
            "it will be read from disk again and again: take a smaller model or quantisation"};
  }
  if (!model.has_chat_template) {
    return {Level::warn, "model", text + " brings no chat template",
            "a built-in one is used; --chat-template FILE takes the one it was trained with"};
  }
  return {Level::ok, "model", text, ""};
}

Check check_more_models(const DoctorFacts& facts) {
  std::string text;
  uint64_t bytes = facts.model->bytes;
  for (const auto& [name, model] : facts.more_models) {
    if (!model) {
      return {Level::fail, "models",
              fmt::format("{}{}{}", name, name.empty() ? "" : ": ", model.error().message), ""};
    }
    text += fmt::format("{}{} ({}, {})", text.empty() ? "on demand: " : ", ", name,
                        model->architecture, print_bytes(model->bytes));
    bytes += model->bytes;
  }
  if (facts.memory_bytes > 0 && bytes > facts.memory_bytes) {
    return {Level::warn, "models",
            fmt::format("{}; with the first one {}, and this machine has {}", text,
                        print_bytes(bytes), print_bytes(facts.memory_bytes)),
            "they will take turns, and each turn is a load: take smaller ones, or fewer"};
  }
  return {Level::ok, "models", text, ""};
}

// What prompts made with it are like.
Check check_template(const DoctorFacts& facts) {
  if (!facts.chat_template) {
    return {Level::fail, "template", facts.chat_template.error().message,
            "give one that fits the model with --chat-template FILE"};
  }
  std::string text;
  for (const auto& [what, how] : *facts.chat_template) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", what, how);
  }
  return {Level::ok, "template", text, ""};
}

// The context that there is or will be; 0: not known before the model is loaded.
uint32_t likely_context(const DoctorFacts& facts) {
  if (facts.context_running) return *facts.context_running;
  if (facts.context_wanted > 0) return facts.context_wanted;
  return facts.model ? facts.model->context_trained : 0;
}

Check check_likely_context(const DoctorFacts& facts) {
  const uint32_t context = likely_context(facts);
  if (context > 0) return check_context(context);
  return {Level::warn, "context", "not known before the model is loaded",
          "run `anyclaude doctor` again while the server runs"};
}

Check check_gpu(const DoctorFacts& facts) {
  if (!facts.machine.gpus.empty()) return {Level::ok, "gpu", facts.machine.gpus.front(), ""};
  if (facts.gpu_present.empty()) {
    return {Level::ok, "gpu", "none seen; the CPU computes", ""};
  }
  return {Level::warn, "gpu",
          fmt::format("this machine has {}, and this program is built for the CPU alone",
                      facts.gpu_present),
          "build with ANYCLAUDE_GPU=cuda (or vulkan): prompts are then read many times faster"};
}

Check check_threads(const DoctorFacts& facts) {
  const uint32_t cores = facts.machine.cores;
  if (facts.threads_wanted == 0 || facts.threads_wanted == cores) {
    return {Level::ok, "threads", fmt::format("one for each of {} cores", cores), ""};
  }
  const std::string text = fmt::format("{} on {} cores", facts.threads_wanted, cores);
  return {Level::warn, "threads", text,
          facts.threads_wanted > cores ? "more threads than cores are slower: unset --threads"
                                       : "it would be faster with all cores: unset --threads"};
}

Check check_folders(const DoctorFacts& facts) {
  if (facts.folders.empty()) {
    return {Level::ok, "folders", "configuration, state, cache and runtime can be written", ""};
  }
  return {Level::fail, "folders", fmt::format("{}", fmt::join(facts.folders, "; ")),
          "give yourself the right to write there, or set the XDG_* variables to other folders"};
}

Check check_server(const DoctorFacts& facts) {
  if (!facts.server_url.empty()) return {Level::ok, "server", "runs at " + facts.server_url, ""};
  if (facts.bind_error) return {Level::fail, "server", facts.bind_error->message, "see --help"};
  if (facts.port_error) {
    return {Level::fail, "server", facts.port_error->message,
            "end the other program, or take another port with --port"};
  }
  return {Level::ok, "server", fmt::format("none runs; port {} is free", facts.port), ""};
}

void add_engine_checks(const DoctorFacts& facts, std::vector<Check>& checks) {
  checks.push_back(check_model(facts));
  if (!facts.without_model && facts.model) {
    if (!facts.more_models.empty()) checks.push_back(check_more_models(facts));
    checks.push_back(check_template(facts));
    checks.push_back(check_likely_context(facts));
  }
  checks.push_back(check_gpu(facts));
  checks.push_back(check_threads(facts));
}

}  // namespace

std::vector<Check> examine(const DoctorFacts& facts) {
  std::vector<Check> checks = {check_client(facts)};
  if (facts.client && facts.client_needs_node) checks.push_back(check_node(facts));
  if (facts.backend) {
    for (Check& check : examine_backend(*facts.backend)) checks.push_back(std::move(check));
  } else {
    add_engine_checks(facts, checks);
  }
  checks.push_back(check_folders(facts));
  checks.push_back(check_server(facts));
  return checks;
}

}  // namespace anyclaude
