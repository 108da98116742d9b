#include "cli/cache_command.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cli/cache_access.h"
#include "cli/cache_text.h"
#include "cli/progress.h"
#include "cli/report_error.h"

namespace anyclaude {
namespace {

using Action = CacheCommand::Action;

float part_of(uint64_t done, uint64_t all) {
  return static_cast<float>(done) / static_cast<float>(std::max<uint64_t>(1, all));
}

Result<VerifyReport> verify(CacheAccess& access) {
  Progress progress = Progress::to_standard_error();
  auto report = access.verify([&](const VerifyReport& so_far) {
    progress.show("reading what is stored",
                  {part_of(so_far.pieces, so_far.pieces_all), so_far.bytes});
    return true;
  });
  progress.end();
  return report;
}

// An export or an import, which may be of gigabytes.
using Exchange = Result<ExchangeReport> (CacheAccess::*)(const ExchangeOrder&,
                                                         const CacheAccess::TellExchange&);
Result<ExchangeReport> exchange(CacheAccess& access, Exchange work, std::string_view what,
                                const ExchangeOrder& order) {
  Progress progress = Progress::to_standard_error();
  return (access.*work)(order, [&](const ExchangeStep& so_far) {
    progress.show(what, {part_of(so_far.bytes, so_far.bytes_all), so_far.bytes});
  });
}

PruneOrder prune_order(const CacheCommand& command) {
  PruneOrder order{
      .disk_bytes_max = command.disk_bytes_max, .model = command.model, .prompt = command.prompt};
  if (command.unused_for) order.unused_since_s = system_now_s() - command.unused_for->count();
  return order;
}

ExchangeOrder exchange_order(const Config& config) {
  return {.prompt = config.cache_command.prompt,
          .path = config.cache_command.file.string(),
          .team_key = config.cache.team_key,
          .trust = config.cache_command.trust};
}

// What is to be printed.
Result<std::string> answer(const Config& config, int& exit_code) {
  const CacheCommand& command = config.cache_command;
  const bool changes = command.action != Action::stats && command.action != Action::list &&
                       command.action != Action::export_prompt;
  const auto access = TRY(open_cache(config, changes));
  const auto say = [&](const auto& report, const std::string& text) {
    return config.json ? encode(report) + "\n" : text;
  };
  switch (command.action) {
    case Action::stats: {
      const auto report = TRY(access->report());
      return say(report, stats_text(report, access->where()));
    }
    case Action::list: {
      const auto list = TRY(access->list(command.prompts_max));
      return say(list, prompts_text(list, system_now_s()));
    }
    case Action::verify: {
      const auto report = TRY(verify(*access));
      if (report.wrong > 0) exit_code = failure_exit_code;
      return say(report, verify_text(report));
    }
    case Action::prune: {
      const auto report = TRY(access->prune(prune_order(command)));
      return say(report, prune_text(report));
    }
    case Action::pin:
    case Action::unpin: {
      const PinOrder order{.prompt = command.prompt, .pinned = command.action == Action::pin};
      TRY_VOID(access->pin(order));
      return say(order, pin_text(order));
    }
    case Action::export_prompt: {
      const auto report = TRY(exchange(*access, &CacheAccess::export_prompt, "writing the prompt",
                                       exchange_order(config)));
      return say(report,
                 export_text(report, command.file.string(), !config.cache.team_key.empty()));
    }
    case Action::import_prompt: {
      const auto report = TRY(exchange(*access, &CacheAccess::import_prompt, "reading the prompt",
                                       exchange_order(config)));
      return say(report, import_text(report));
    }
  }
  return fail(Error::Kind::internal, "there is no such command");
}

}  // namespace

int cache(const Config& config) {
  // Standard output is for the answer.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("anyclaude"));
  spdlog::set_pattern("%l: %v");
  int exit_code = 0;
  const auto text = answer(config, exit_code);
  if (!text) return report_error(text.error());
  fmt::print("{}", *text);
  return exit_code;
}

}  // namespace anyclaude
