#include "cli/models_command.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/signals.h"
#include "base/units.h"
#include "cli/machine_memory.h"
#include "cli/progress.h"
#include "cli/report_error.h"
#include "cli/server_state.h"
#include "cli/table.h"
#include "engine/embedded/survey.h"
#include "models/hub.h"
#include "models/known_models.h"
#include "models/model_choice.h"
#include "models/model_name.h"
#include "models/model_pull.h"
#include "models/models_folder.h"

namespace anyclaude {
namespace {

using Action = ModelsCommand::Action;

constexpr int no_such_model_exit_code = 2;
constexpr int stopped_exit_code = 130;  // as a shell tells of ^C

// Null where none of the table is meant.
const KnownModel* known_model_of(const StoredModel& model) {
  const auto known = known_models();
  const auto found = std::ranges::find_if(known, [&](const KnownModel& one) {
    return one.repository == model.repository && quant_of(model.stem) == one.quant;
  });
  return found == known.end() ? nullptr : &*found;
}

StoredModelReport report_of(const StoredModel& model, const std::filesystem::path& chosen) {
  StoredModelReport report{.name = model.name,
                           .repository = model.repository,
                           .path = model.path.string(),
                           .bytes = model.bytes,
                           .quant = quant_of(model.stem),
                           .complete = model.complete,
                           .is_default = model.path == chosen};
  const KnownModel* const known = known_model_of(model);
  if (known != nullptr) report.short_name = known->name;
  if (!model.complete) return report;
  const auto survey = survey_model(model.path.string());
  if (!survey) {
    report.description = "cannot be read: " + survey.error().message;
    return report;
  }
  report.description = survey->title();
  report.context = survey->context_trained;
  return report;
}

Result<std::string> list(const Config& config) {
  const auto folder = models_folder(config.folders);
  const auto stored = list_models(folder);
  if (config.models_command.available) {
    KnownModelList list{.memory_bytes = machine_memory_bytes()};
    for (const KnownModel& known : known_models()) {
      const bool there = std::ranges::any_of(stored, [&](const StoredModel& one) {
        return one.complete && known_model_of(one) == &known;
      });
      list.models.push_back({.name = std::string(known.name),
                             .repository = std::string(known.repository),
                             .quant = std::string(known.quant),
                             .bytes = known.bytes,
                             .memory_gb = known.memory_gb,
                             .description = std::string(known.description),
                             .stored = there});
    }
    return config.json ? encode(list) + "\n" : known_models_text(list);
  }
  const auto chosen = choose_model(config.model, config.folders);
  StoredModelList list{.folder = folder.string()};
  for (const StoredModel& model : stored) {
    list.models.push_back(report_of(model, chosen ? chosen->path : std::filesystem::path()));
  }
  return config.json ? encode(list) + "\n" : stored_models_text(list);
}

Result<std::string> pull(const Config& config) {
  const std::string& wanted = config.models_command.name;
  const auto name = parse_model_name(wanted);
  if (!name) {
    return fail(Error::Kind::not_found,
                fmt::format("'{}' names no model of the hub: `anyclaude models ls --available` "
                            "lists short names, others are OWNER/REPO:QUANT or "
                            "OWNER/REPO/FILE.gguf",
                            wanted));
  }
  StopSignals signals;
  Progress progress = Progress::to_standard_error();
  const auto hub = open_hub({.url = config.hub.url, .token = config.hub.token, .go_on = [&] {
                               return !signals.received();
                             }});
  const PullPlace place{.folder = models_folder(config.folders),
                        .free_bytes = [](const auto& folder) {
                          std::error_code error;
                          const auto space = std::filesystem::space(folder, error);
                          return error ? UINT64_MAX : static_cast<uint64_t>(space.available);
                        }};
  const PullHooks hooks{
      .show = [&](std::string_view what, Amount amount) { progress.show(what, amount); },
      .wait = [&](std::chrono::milliseconds time) { return !signals.wait_for(time); }};
  const auto pulled = pull_model(*name, real_files(), *hub, place, hooks);
  progress.end();
  if (!pulled) return std::unexpected(pulled.error());
  const PullReport report{.name = wanted,
                          .path = pulled->path.string(),
                          .bytes = pulled->bytes,
                          .bytes_fetched = pulled->bytes_fetched,
                          .files = pulled->files};
  if (config.json) return encode(report) + "\n";
  return fmt::format("{} ({}) {}; use it:\n\n  anyclaude --model {}\n", report.path,
                     print_bytes(report.bytes),
                     report.bytes_fetched > 0 ? "is here, and its SHA-256 is right"
                                              : "was here already, and its SHA-256 is right",
                     wanted);
}

// The server that has the model open, if one has.
Result<void> check_unused(const Config& config, const StoredModel& model) {
  for (const ServerState& state : read_states(config.folders.runtime, 0)) {
    const std::string path = model.path.string();
    const bool on_demand = std::ranges::find(state.more_models, path) != state.more_models.end();
    if (state.model.find(path) == std::string::npos && !on_demand) continue;
    return fail(Error::Kind::overloaded,
                fmt::format("the server on port {} (pid {}) uses {}: end it with `anyclaude stop`, "
                            "or delete the model all the same with --force",
                            state.port, state.process, model.name));
  }
  return {};
}

Result<std::string> remove(const Config& config) {
  const auto folder = models_folder(config.folders);
  const StoredModel model = TRY(find_stored_model(folder, config.models_command.name));
  if (!config.models_command.force) TRY_VOID(check_unused(config, model));
  TRY_VOID(remove_stored_model(folder, model));
  const RemoveReport report{
      .name = model.name, .bytes = model.bytes, .files = static_cast<uint32_t>(model.files.size())};
  if (config.json) return encode(report) + "\n";
  return fmt::format("{} is deleted, {} are free again\n", model.name, print_bytes(model.bytes));
}

Result<std::string> answer(const Config& config) {
  switch (config.models_command.action) {
    case Action::list:
      return list(config);
    case Action::pull:
      return pull(config);
    case Action::remove:
      return remove(config);
  }
  return fail(Error::Kind::internal, "there is no such command");
}

}  // namespace

std::string stored_models_text(const StoredModelList& list) {
  if (list.models.empty()) {
    return fmt::format(
        "there are no models in {}; `anyclaude models ls --available` lists some to pull\n",
        list.folder);
  }
  Table table({{"", Table::left},
               {"NAME", Table::left},
               {"SIZE", Table::right},
               {"QUANT", Table::left},
               {"CONTEXT", Table::right},
               {"WHAT IT IS", Table::left}});
  for (const StoredModelReport& model : list.models) {
    const std::string& name = model.short_name.empty() ? model.name : model.short_name;
    table.add(
        {model.is_default ? "*" : "", name, print_bytes(model.bytes), model.quant,
         model.context > 0 ? print_count(model.context) : "",
         model.complete ? model.description : "not whole yet: `anyclaude models pull` goes on"});
  }
  return table.text();
}

std::string known_models_text(const KnownModelList& list) {
  Table table({{"NAME", Table::left},
               {"MEMORY", Table::right},
               {"DOWNLOAD", Table::right},
               {"WHAT IT IS", Table::left}});
  for (const KnownModelReport& model : list.models) {
    table.add({model.name, fmt::format("{} GB", model.memory_gb), print_bytes(model.bytes),
               model.description + (model.stored ? " (is here)" : "")});
  }
  std::string out = table.text();
  if (list.memory_bytes > 0) {
    out += fmt::format("\nThis machine has {} of memory. ", print_bytes(list.memory_bytes));
  }
  return out + "`anyclaude models pull NAME` fetches one.\n";
}

int models(const Config& config) {
  // Standard output is for the answer.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("anyclaude"));
  spdlog::set_pattern("%l: %v");
  const auto text = answer(config);
  if (text) {
    fmt::print("{}", *text);
    return 0;
  }
  report_error(text.error());
  switch (text.error().kind) {
    case Error::Kind::not_found:
      return no_such_model_exit_code;
    case Error::Kind::cancelled:
      return stopped_exit_code;
    default:
      return failure_exit_code;
  }
}

}  // namespace anyclaude
