#include "cli/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/units.h"
#include "cli/api_key.h"
#include "cli/report_error.h"
#include "cli/running_server.h"
#include "protocol/json_string.h"

namespace anyclaude {
namespace {

std::string line(std::string_view name, std::string_view text) {
  return fmt::format("{:<12} {}\n", name, text);
}

std::string readiness_text(const HealthReport& health) {
  if (health.ready) return "ready";
  if (health.failed) return "failed: " + health.what;
  if (health.progress == 0) return health.what;
  return fmt::format("{} {} %", health.what, static_cast<int>(health.progress * 100));
}

std::string request_text(const RunningReport& request) {
  if (request.phase == "prefill") {
    return fmt::format("prefill: {} of {} tokens, {:.1f} s",
                       print_count(request.prompt_tokens_done), print_count(request.prompt_tokens),
                       request.seconds);
  }
  if (request.phase == "decode") {
    return fmt::format("answering: {} tokens so far, {:.1f} s", print_count(request.output_tokens),
                       request.seconds);
  }
  return fmt::format("{}: {:.1f} s", request.phase, request.seconds);
}

std::string tokens_text(const StatusFacts& facts) {
  const uint64_t all = facts.tokens_computed + facts.tokens_reused;
  const uint64_t percent = all == 0 ? 0 : 100 * facts.tokens_reused / all;
  return fmt::format("{} computed, {} reused ({} % of all prompts), {} written",
                     print_count(facts.tokens_computed), print_count(facts.tokens_reused), percent,
                     print_count(facts.tokens_decoded));
}

// Asks the server; what it does not answer is left out, with the reason.
StatusFacts gather(RunningServer& server, const Config& config) {
  StatusFacts facts;
  facts.server = server.state();
  facts.url = server.base_url();
  facts.now_s = std::time(nullptr);
  const auto ask = [&]() -> Result<void> {
    facts.health = TRY(server.health());
    const KeyChoice key = TRY(choose_key(config));
    facts.models = TRY(server.models(key.secret));
    facts.requests = TRY(server.requests(key.secret));
    const std::string metrics = TRY(server.metrics(key.secret));
    facts.tokens_computed = sum_metric(metrics, "anyclaude_engine_prefill_tokens_total");
    facts.tokens_reused = sum_metric(metrics, "anyclaude_engine_reused_tokens_total");
    facts.tokens_decoded = sum_metric(metrics, "anyclaude_engine_decoded_tokens_total");
    return {};
  };
  const auto asked = ask();
  if (!asked) facts.failure = asked.error().message;
  return facts;
}

}  // namespace

std::string status_text(const StatusFacts& facts) {
  const ServerState& server = facts.server;
  std::string out = line(
      "running",
      fmt::format("{} (pid {}, version {}, for {})", facts.url, server.process, server.version,
                  print_duration(
                      std::chrono::seconds(std::max<int64_t>(0, facts.now_s - server.started_s)))));
  out += line("state", readiness_text(facts.health));
  for (const ModelReport& model : facts.models) {
    std::string text = fmt::format("{} ({})", model.id, model.description);
    if (model.context_tokens > 0) {
      text += fmt::format(", context {}, answers up to {}", print_count(model.context_tokens),
                          print_count(model.output_tokens_max));
    }
    out += line("model", text);
  }
  if (facts.models.empty()) out += line("model", server.model);
  out +=
      line("requests", facts.requests.empty() ? "none in flight"
                                              : fmt::format("{} in flight", facts.requests.size()));
  for (const RunningReport& request : facts.requests) {
    out += line("", fmt::format("{} {}", request.names.id, request_text(request)));
  }
  out += line("tokens", tokens_text(facts));
  for (const auto& [name, text] : server.report) out += line("engine", name + ": " + text);
  if (!facts.failure.empty()) out += line("but", facts.failure);
  return out;
}

std::string status_json(const StatusFacts& facts) {
  const ServerState& server = facts.server;
  std::string models;
  for (const ModelReport& model : facts.models) {
    models +=
        fmt::format(R"({}{{"id":{},"description":{},"context_tokens":{},"output_tokens_max":{}}})",
                    models.empty() ? "" : ",", json_string(model.id),
                    json_string(model.description), model.context_tokens, model.output_tokens_max);
  }
  std::string requests;
  for (const RunningReport& request : facts.requests) {
    requests += fmt::format(R"({}{{"id":{},"phase":{},"prompt_tokens":{},"prompt_tokens_done":{},)"
                            R"("output_tokens":{},"seconds":{:.3f}}})",
                            requests.empty() ? "" : ",", json_string(request.names.id),
                            json_string(request.phase), request.prompt_tokens,
                            request.prompt_tokens_done, request.output_tokens, request.seconds);
  }
  std::string report;
  for (const auto& [name, text] : server.report) {
    report +=
        fmt::format("{}{}:{}", report.empty() ? "" : ",", json_string(name), json_string(text));
  }
  return fmt::format(
      R"({{"running":true,"pid":{},"url":{},"port":{},"version":{},"started":{},"ready":{},)"
      R"("failed":{},"progress":{:.3f},"what":{},"model_path":{},"models":[{}],"requests":[{}],)"
      R"("tokens":{{"computed":{},"reused":{},"decoded":{}}},"engine":{{{}}},"failure":{}}})"
      "\n",
      server.process, json_string(facts.url), server.port, json_string(server.version),
      server.started_s, facts.health.ready, facts.health.failed, facts.health.progress,
      json_string(facts.health.what), json_string(server.model), models, requests,
      facts.tokens_computed, facts.tokens_reused, facts.tokens_decoded, report,
      facts.failure.empty() ? "null" : json_string(facts.failure));
}

int status(const Config& config) {
  auto server = RunningServer::find(config.folders, config.http.port);
  if (!server) {
    if (config.json) {
      fmt::print("{{\"running\":false}}\n");
    } else if (const auto states = read_states(config.folders.runtime, config.http.port);
               !states.empty()) {
      fmt::print("process {} should serve port {}, but does not answer as our server\n",
                 states.front().process, states.front().port);
    } else {
      fmt::print("no server runs\n");
    }
    return not_running_exit_code;
  }
  const StatusFacts facts = gather(*server, config);
  fmt::print("{}", config.json ? status_json(facts) : status_text(facts));
  return 0;
}

}  // namespace anyclaude
