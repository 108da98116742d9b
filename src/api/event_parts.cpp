#include "api/event_parts.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "protocol/cache_report.h"
#include "protocol/json_string.h"
#include "protocol/mode_report.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

// What a person sees move, and what hardly ever does.
constexpr milliseconds often{250};
constexpr milliseconds seldom{1'000};

// Of a list that grows, at the start.
constexpr size_t lines_first = 100;

std::string server_state(const EventSources& sources) {
  const Readiness readiness = sources.backend->readiness();
  std::string models;
  for (const ModelInfo& model : sources.backend->models()) {
    models += fmt::format(R"({}{{"id":{},"description":{},"context_tokens":{},"loaded":{}}})",
                          models.empty() ? "" : ",", json_string(model.id),
                          json_string(model.description), model.context_tokens, model.loaded);
  }
  return fmt::format(
      R"({{"version":{},"started_s":{},"ready":{},"failed":{},"what":{},"progress":{:.3f},)"
      R"("models":[{}]}})",
      json_string(sources.version), sources.started_s, readiness.ready, readiness.failed,
      json_string(readiness.what), readiness.progress, models);
}

std::string finished_since(const RequestHistory& history, uint64_t& seen) {
  const FinishedList list = history.after(seen, lines_first);
  if (list.requests.empty()) return "";
  seen = list.requests.back().number;
  return encode(list);
}

std::string logged_since(RecentLog& log, uint64_t& seen) {
  const LogLines lines = log.after(seen, lines_first);
  if (lines.lines.empty()) return "";
  seen = lines.lines.back().number;
  return encode(lines);
}

}  // namespace

std::vector<EventPart> event_parts(const EventSources& sources) {
  std::vector<EventPart> parts;
  const auto add = [&](const char* name, milliseconds interval, decltype(EventPart::data) data) {
    parts.push_back({.name = name, .interval = interval, .data = std::move(data)});
  };
  add("server", seldom, [sources](uint64_t&) { return server_state(sources); });
  add("requests", often, [running = sources.running](uint64_t&) {
    return encode(running->list(RunningRequests::Clock::now()));
  });
  add("finished", often,
      [history = sources.history](uint64_t& seen) { return finished_since(*history, seen); });
  add("savings", seldom,
      [savings = sources.savings](uint64_t&) { return encode(savings->report(system_now_s())); });
  add("mode", seldom, [mode = sources.mode](uint64_t&) {
    const auto state = mode->state();
    return state ? encode(*state) : std::string("{}");
  });
  add("cache", seldom, [cache = sources.cache](uint64_t&) {
    const auto state = cache->state();
    return state ? encode(*state) : std::string("{}");
  });
  if (sources.log != nullptr) {
    add("log", often, [log = sources.log](uint64_t& seen) { return logged_since(*log, seen); });
  }
  return parts;
}

}  // namespace anyclaude
