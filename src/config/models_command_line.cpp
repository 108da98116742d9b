#include "config/models_command_line.h"

#include <CLI/CLI.hpp>

namespace anyclaude {
namespace {

using enum ModelsCommand::Action;

constexpr std::string_view help =
    R"(anyclaude models: the models on this machine.

  anyclaude models ls                what is there; * is what a server takes
                                     that is started now
  anyclaude models ls --available    good ones for code, by the memory they need
  anyclaude models pull NAME         fetches one from the Hugging Face hub
  anyclaude models rm NAME           deletes it, and what is there of it if its
                                     download has not ended; --force: also while
                                     a server uses it

A NAME is a short one of `ls --available`, or OWNER/REPO:QUANT, or
OWNER/REPO/FILE.gguf; without a quant it is Q4_K_M. Of what is there the name of
the file will do too. --model takes the same names:

  anyclaude models pull qwen3-coder-30b
  anyclaude --model qwen3-coder-30b
  anyclaude models pull unsloth/Qwen3-4B-Instruct-2507-GGUF:Q8_0

A pull that was cut goes on where it ended, checks what came against the hub's
SHA-256, and brings all parts of a split model. The files lie in models/ in the
cache folder, ~/.cache/anyclaude. For what is not everybody's, set HF_TOKEN; for
a mirror, HF_ENDPOINT.

With --json each prints JSON. Exit codes: 0 done, 1 failed, 2 no such model,
130 stopped by ^C.
)";

std::string_view help_of(ModelsCommand::Action action) {
  switch (action) {
    case list:
      return "what is there";
    case pull:
      return "fetches one from the Hugging Face hub";
    case remove:
      return "deletes one";
  }
  return {};
}

}  // namespace

std::vector<std::pair<std::string_view, ModelsCommand::Action>> models_actions() {
  return {{"ls", list}, {"pull", pull}, {"rm", remove}};
}

std::string models_help_text() { return std::string(help); }

void ModelsCommandLine::add_to(CLI::App& models) {
  models.require_subcommand(0, 1);
  for (const auto& [name, action] : models_actions()) {
    CLI::App* added = models.add_subcommand(std::string(name), std::string(help_of(action)));
    added->fallthrough();
    added->parse_complete_callback([this, name = std::string(name)] { action_ = name; });
    if (action == list) {
      added->add_flag("--available", available_, "good ones for code, by the memory they need");
    } else {
      added->add_option("NAME", name_, "of the model");
    }
    if (action == remove) added->add_flag("--force", force_, "also while a server uses it");
  }
}

Result<ModelsCommand> ModelsCommandLine::read() const {
  ModelsCommand command{.name = name_, .available = available_, .force = force_};
  for (const auto& [name, action] : models_actions()) {
    if (name == action_) command.action = action;
  }
  if (command.action == list || !name_.empty()) return command;
  return fail(
      Error::Kind::invalid_request,
      "models " + action_ + " takes the name of a model (`anyclaude models --help` explains all)");
}

}  // namespace anyclaude
