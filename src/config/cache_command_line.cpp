#include "config/cache_command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/units.h"
#include "config/setters.h"
#include "protocol/cache_report.h"

namespace anyclaude {
namespace {

using enum CacheCommand::Action;

constexpr std::string_view help =
    R"(anyclaude cache: what is stored of computed prompts.

  anyclaude cache stats              how much there is, in memory and on the disk
  anyclaude cache ls [--limit N]     each stored prompt, the last used first
  anyclaude cache verify             reads every file; what is wrong is deleted and
                                     will be computed again; exit code 1 if it was
  anyclaude cache prune ...          throws out, until nothing is left to go:
      --to SIZE                      what was used longest ago, down to that size
      --unused-for TIME              what was not used for so long
      --of NAME                      what is of the model of that name (see ls);
                                     with --unused-for only if both are so
      --prompt ID                    one prompt, but for what others share with it
  anyclaude cache pin ID             keeps a prompt whatever else comes, also after a
                                     restart; half of the cache may be kept so
  anyclaude cache unpin ID           lets go of it
  anyclaude cache export ID FILE     writes one prompt to a new file
  anyclaude cache import FILE        takes it in, on another machine with the same
                                     model file; what is there already stays

An ID is what ls shows; its first digits will do. With --json each prints JSON.

A running server is asked (the one of --port, or any whose cache lies in the
same folder); where none runs, the folder itself is opened: --cache-folder.

An imported file holds state that nobody can check, and wrong state makes wrong
answers. So exports are signed with ANYCLAUDE_TEAM_KEY, if it is set, and only
files that your own ANYCLAUDE_TEAM_KEY vouches for are taken in; --trust takes a
file without a signature, or without a key of your own.

  ANYCLAUDE_TEAM_KEY=... anyclaude cache export 3f2a9c0b prompt.anykv
  ANYCLAUDE_TEAM_KEY=... anyclaude cache import prompt.anykv
  anyclaude cache prune --unused-for 30d
  anyclaude cache prune --of local-gemma-3-270m-q4-k-m

All other settings, in `anyclaude --help`, may be given too.
)";

std::string_view help_of(CacheCommand::Action action) {
  switch (action) {
    case stats:
      return "how much there is, in memory and on the disk";
    case list:
      return "each stored prompt, the last used first";
    case verify:
      return "reads every file; what is wrong is deleted";
    case prune:
      return "throws out";
    case pin:
      return "keeps a prompt from being thrown out";
    case unpin:
      return "lets go of a prompt that was kept";
    case export_prompt:
      return "writes one prompt to a new file";
    case import_prompt:
      return "takes a prompt in from a file";
  }
  return {};
}

std::unexpected<Error> refuse(const std::string& message) {
  return fail(Error::Kind::invalid_request, message + " (`anyclaude cache --help` explains all)");
}

}  // namespace

std::vector<std::pair<std::string_view, CacheCommand::Action>> cache_actions() {
  return {{"stats", stats}, {"ls", list},     {"verify", verify},        {"prune", prune},
          {"pin", pin},     {"unpin", unpin}, {"export", export_prompt}, {"import", import_prompt}};
}

std::string cache_help_text() { return std::string(help); }

void CacheCommandLine::add_to(CLI::App& cache) {
  cache.require_subcommand(0, 1);
  for (const auto& [name, action] : cache_actions()) {
    CLI::App* added =
        cache.add_subcommand(std::string(name), std::string(help_of(action)))->fallthrough();
    added->parse_complete_callback([this, name = std::string(name)] { action_ = name; });
    switch (action) {
      case list:
        added->add_option("--limit", limit_, "not more prompts than this")->type_name("NUMBER");
        break;
      case prune:
        added->add_option("--to", to_, "what was used longest ago, down to that size")
            ->type_name("SIZE");
        added->add_option("--unused-for", unused_for_, "what was not used for so long")
            ->type_name("TIME");
        added->add_option("--of", of_, "what is of the model of that name")->type_name("NAME");
        added->add_option("--prompt", prompt_, "one prompt")->type_name("ID");
        break;
      case pin:
      case unpin:
        added->add_option("prompt", prompt_, "as ls shows it")->type_name("ID");
        break;
      case export_prompt:
        added->add_option("prompt", prompt_, "as ls shows it")->type_name("ID");
        added->add_option("file", file_, "the file to write")->type_name("FILE");
        break;
      case import_prompt:
        added->add_option("file", file_, "the file to read")->type_name("FILE");
        added->add_flag("--trust", trust_, "takes a file that nobody vouches for");
        break;
      case stats:
      case verify:
        break;
    }
  }
}

Result<CacheCommand> CacheCommandLine::read(const SettingContext& context) const {
  CacheCommand command{.model = of_, .prompt = prompt_, .trust = trust_};
  for (const auto& [name, action] : cache_actions()) {
    if (name == action_) command.action = action;
  }
  const auto limit = parse_count(limit_);
  if (!limit || *limit > prompt_list_max) {
    return refuse(fmt::format("--limit: a number up to {}", prompt_list_max));
  }
  command.prompts_max = *limit;
  if (!to_.empty()) {
    command.disk_bytes_max = parse_bytes(to_);
    if (!command.disk_bytes_max) return refuse("--to: a size such as 5GiB");
  }
  if (!unused_for_.empty()) {
    command.unused_for = parse_duration(unused_for_);
    if (!command.unused_for) return refuse("--unused-for: a time such as 30d or 12h");
  }
  if (!file_.empty()) command.file = full_path(file_, context);
  if ((command.action == pin || command.action == unpin) && prompt_.empty()) {
    return refuse(fmt::format("cache {} takes the prompt's id", action_));
  }
  if (command.action == export_prompt && (prompt_.empty() || file_.empty())) {
    return refuse("cache export takes the prompt's id and the file to write");
  }
  if (command.action == import_prompt && file_.empty()) {
    return refuse("cache import takes the file to read");
  }
  if (command.action != prune) return command;
  const int ways = (to_.empty() ? 0 : 1) + (prompt_.empty() ? 0 : 1) +
                   (unused_for_.empty() && of_.empty() ? 0 : 1);
  if (ways != 1) {
    return refuse(
        "cache prune takes --to, or --prompt, or --unused-for and --of, to say what goes");
  }
  return command;
}

}  // namespace anyclaude
