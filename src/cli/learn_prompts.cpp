#include "cli/learn_prompts.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "api/fixed_answer.h"
#include "base/terminal_process.h"
#include "cli/client_program.h"
#include "protocol/warm_report.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds asking_time_max{30};
// For what it asks beside: a title, a summary.
constexpr seconds more_time{2};
constexpr const char* question = "Hello.";

Result<uint64_t> noted(RunningServer& server, const std::string& key) {
  const std::string answer = TRY(server.get("/api/warm", key));
  return TRY(decode_warm_report(answer)).noted;
}

// Whether it has asked.
Result<bool> run_client(const Command& command, RunningServer& server, const std::string& key) {
  const uint64_t before = TRY(noted(server, key));
  const auto process = TRY(TerminalProcess::start(command));
  const auto end = std::chrono::steady_clock::now() + asking_time_max;
  bool runs = true;
  while (TRY(noted(server, key)) == before) {
    if (!runs || std::chrono::steady_clock::now() >= end) return false;
    runs = process->run_for(milliseconds(200));
  }
  process->run_for(more_time);
  return true;
}

}  // namespace

Result<void> learn_prompts(const Config& config, const Environment& environment,
                           const ClientPoint& point, RunningServer& server, Progress& progress) {
  const auto client = TRY(find_client(config, environment));
  ClientPlan plan = plan_client(point, environment, config.launcher.client_arguments);
  std::string& headers = plan.environment["ANTHROPIC_CUSTOM_HEADERS"];  // a line each
  headers += fmt::format("{}{}: 1", headers.empty() ? "" : "\n", learn_header);
  Command once{client, plan.arguments, plan.environment};
  Command session = once;
  once.arguments.insert(once.arguments.end(), {"-p", question});
  session.arguments.emplace_back(question);
  progress.show("asking claude for its prompt (claude -p)", 0);
  const bool asked_once = TRY(run_client(once, server, point.key));
  progress.show("asking claude for its prompt (a session)", 0.5);
  const bool asked_in_session = TRY(run_client(session, server, point.key));
  progress.end();
  if (!asked_once && !asked_in_session) {
    return fail(Error::Kind::upstream,
                "claude has sent no prompt: run it once with `anyclaude`, and see what it says");
  }
  if (!asked_in_session) {
    fmt::print(stderr,
               "anyclaude: the prompt of `claude -p` is known now, that of a session is not: "
               "claude may want to be set up, or to be told that it may trust this folder. Run "
               "`anyclaude` here once.\n");
  } else if (!asked_once) {
    fmt::print(stderr,
               "anyclaude: the prompt of a session is known now, that of `claude -p` is "
               "not.\n");
  }
  return {};
}

}  // namespace anyclaude
