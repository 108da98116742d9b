#include "cli/mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "base/units.h"
#include "cli/api_key.h"
#include "cli/backend_choice.h"
#include "cli/report_error.h"

namespace anyclaude {
namespace {

constexpr const char* path = "/api/mode";

std::string state_of(const ServerReport& server) {
  if (!server.open) return "not asked yet";
  if (server.failing) return "failing";
  if (!server.ready) return server.what;
  std::string text = server.model;
  if (server.context_tokens > 0) {
    text += fmt::format(", {} tokens", print_count(server.context_tokens));
  }
  if (!server.tools) text += ", tools told in words";
  if (server.images) text += ", sees images";
  if (server.weight == 0) text += ", draining";
  if (server.in_flight > 0) text += fmt::format(", {} in flight", server.in_flight);
  if (server.answers > 0) text += fmt::format(", first token after {:.1f} s", server.first_token_s);
  return text;
}

Result<ModeReport> ask(RunningServer& server, const Config& config) {
  const KeyChoice key = TRY(choose_key(config));
  const std::string answer =
      TRY(config.mode_wanted.empty()
              ? server.get(path, key.secret)
              : server.put(path, encode(ModeOrder{config.mode_wanted}), key.secret));
  return decode_mode_report(answer);
}

// Without a server: what the next one begins with.
Result<std::string> keep(const Config& config) {
  if (config.mode_wanted.empty()) return first_mode(config);
  Config wanted = config;
  wanted.backend.mode = config.mode_wanted;
  const auto modes = known_modes(config.backend);
  if (std::ranges::find(modes, config.mode_wanted) == modes.end()) {
    return fail(Error::Kind::invalid_request,
                fmt::format("there is no mode '{}' here: choose one of {}", config.mode_wanted,
                            fmt::join(modes, ", ")));
  }
  TRY_VOID(check_backend(wanted));
  TRY_VOID(make_private_folder(config.folders.state));
  TRY_VOID(keep_mode(mode_file(config.folders), config.mode_wanted));
  return config.mode_wanted;
}

}  // namespace

Result<bool> switch_mode(RunningServer& server, const std::string& mode, const std::string& key) {
  const std::string present = TRY(server.get(path, key));
  const ModeReport before = TRY(decode_mode_report(present));
  if (before.mode == mode) return false;
  TRY(server.put(path, encode(ModeOrder{mode, false}), key));
  return true;
}

std::string mode_text(const ModeReport& report) {
  std::string text = fmt::format("mode {}\n", report.mode);
  for (const ServerReport& server : report.servers) {
    const bool answers = report.mode == auto_mode || server.mode == report.mode;
    text += fmt::format("{} {:<12} {}: {}\n", answers ? '*' : ' ', server.name, server.address,
                        state_of(server));
  }
  return text;
}

int mode(const Config& config) {
  auto server = RunningServer::find(config.folders, config.http.port);
  if (!server) {
    const auto kept = keep(config);
    if (!kept) return report_error(kept.error());
    if (config.json) {
      fmt::print("{}\n", encode(ModeReport{*kept, {}}));
    } else {
      fmt::print("mode {} (no server runs: the next one begins with it)\n", *kept);
    }
    return 0;
  }
  const auto report = ask(*server, config);
  if (!report) return report_error(report.error());
  fmt::print("{}", config.json ? encode(*report) + "\n" : mode_text(*report));
  return 0;
}

}  // namespace anyclaude
