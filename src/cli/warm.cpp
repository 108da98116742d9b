#include "cli/warm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/units.h"
#include "cli/api_key.h"
#include "cli/background_server.h"
#include "cli/learn_prompts.h"
#include "cli/report_error.h"

namespace anyclaude {
namespace {

void show(const WarmReport& report, Progress& progress) {
  if (report.prompts_all == 0) return;
  const float of_this = report.tokens == 0 ? 0.0f
                                           : static_cast<float>(report.tokens_done) /
                                                 static_cast<float>(report.tokens);
  const auto all = static_cast<float>(report.prompts_all);
  progress.show(fmt::format("prompt {} of {}: {}, {} tools, {} tokens",
                            std::min(report.prompts + 1, report.prompts_all), report.prompts_all,
                            report.client, report.tools, print_count(report.tokens)),
                {.fraction = (static_cast<float>(report.prompts) + of_this) / all,
                 .tokens = report.computed + report.reused + report.tokens_done});
}

Result<WarmReport> warm_server(RunningServer& server, const std::string& key, Progress& progress) {
  WarmReport last;
  TRY_VOID(server.post_for_lines("/api/warm", "", key, [&](const std::string& line) {
    const auto report = decode_warm_report(line);
    if (!report) return;
    last = *report;
    show(last, progress);
  }));
  if (last.done) return last;
  return fail(Error::Kind::upstream, "the server ended before the prompts were computed");
}

Result<WarmReport> run_warm(const Config& config, const Environment& environment,
                            Progress& progress) {
  const KeyChoice key = TRY(choose_key(config));
  RunningServer server = TRY(ready_server(config, environment, progress));
  if (config.from_client) {
    const ClientPoint point = TRY(client_point(server, key.secret, config.more_models));
    TRY_VOID(learn_prompts(config, environment, point, server, progress));
  }
  return warm_server(server, key.secret, progress);
}

}  // namespace

std::string warm_text(const WarmReport& report, bool from_client) {
  if (report.prompts_all == 0 && from_client) {
    return "claude's prompt is so short that nothing of it is computed ahead.\n";
  }
  if (report.prompts_all == 0) {
    return "No prompt is known yet. Run a session first, or `anyclaude warm --from-client`, which "
           "asks claude for its prompt.\n";
  }
  std::string out = fmt::format("{} {} warm: {} tokens computed, {} were there already\n",
                                report.prompts - report.failed,
                                report.prompts - report.failed == 1 ? "prompt is" : "prompts are",
                                print_count(report.computed), print_count(report.reused));
  if (report.failed > 0) {
    out += fmt::format(
        "{} {} not: too long for this model, or refused by its template (the log "
        "says which)\n",
        report.failed, report.failed == 1 ? "is" : "are");
  }
  return out;
}

int warm(const Config& config, const Environment& environment) {
  Progress progress = Progress::to_standard_error();
  const auto report = run_warm(config, environment, progress);
  progress.end();
  if (!report) return report_error(report.error());
  fmt::print("{}", config.json ? encode(*report) + "\n" : warm_text(*report, config.from_client));
  return report->prompts_all > report->failed ? 0 : failure_exit_code;
}

}  // namespace anyclaude
