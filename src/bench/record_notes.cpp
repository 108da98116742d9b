#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/units.h"
#include "bench/record.h"

namespace anyclaude {
namespace {

// More than that of the cores in use before we began: other work disturbs.
constexpr double load_a_core_max = 0.5;
constexpr double spread_max = 1.5;           // most / least of equal measurements
constexpr double other_prompt_share = 0.05;  // by which two counts of one text may differ

void note_loads(const BenchRecord& record, std::vector<std::string>& notes) {
  const BenchMachine& machine = record.machine;
  if (machine.cores == 0 || machine.load_before <= load_a_core_max * machine.cores) return;
  notes.push_back(fmt::format(
      "Other work was on the machine: a load of {:.1f} on {} cores before the bench began. Times "
      "are too long and differ; tokens are right.",
      machine.load_before, machine.cores));
}

void note_counts(const BenchRecord& record, std::vector<std::string>& notes) {
  std::map<size_t, uint32_t> cold_tokens;
  for (size_t server = 0; server < record.servers.size(); ++server) {
    bool any = false;
    bool tells_prompt = true;
    bool tells_reused = true;
    for (const MeasuredRequest& request : record.requests) {
      if (request.server != server) continue;
      const TokenCounts& tokens = request.measured.tokens;
      any = true;
      tells_prompt = tells_prompt && tokens.prompt.has_value();
      tells_reused = tells_reused && tokens.reused.has_value();
      const bool first = request.scenario == Scenario::session && request.number == 1;
      if (first && request.round == 1 && tokens.prompt) cold_tokens[server] = *tokens.prompt;
    }
    const std::string& name = record.servers[server].name;
    if (any && !tells_prompt) {
      notes.push_back(fmt::format("{} does not tell how many tokens a prompt has.", name));
    } else if (any && !tells_reused) {
      notes.push_back(fmt::format(
          "{} does not tell how many tokens of a prompt it had already; its times show it.", name));
    }
  }
  const auto own = cold_tokens.find(0);
  for (const auto& [server, tokens] : cold_tokens) {
    if (own == cold_tokens.end() || server == 0) continue;
    const double share = std::abs(static_cast<double>(tokens) / own->second - 1);
    if (share <= other_prompt_share) continue;
    notes.push_back(fmt::format(
        "{} makes {} tokens of the prompt of which {} makes {}: another vocabulary or chat "
        "template. Their times are for different work.",
        record.servers[server].name, print_count(tokens), record.servers[0].name,
        print_count(own->second)));
  }
}

void note_restarts(const BenchRecord& record, std::vector<std::string>& notes) {
  if (record.servers.size() < 2) return;
  notes.push_back(
      "The rivals were not restarted, as they are not ours to end: what they keep over a restart "
      "is not measured.");
}

void note_spread(const BenchRecord& record, std::vector<std::string>& notes) {
  std::map<std::pair<size_t, bool>, std::pair<double, double>> ranges;  // server, cold
  for (const MeasuredRequest& request : record.requests) {
    if (request.scenario != Scenario::session) continue;
    const double seconds = request.measured.first_s;
    const auto [range, first] =
        ranges.try_emplace({request.server, request.number == 1}, std::pair(seconds, seconds));
    range->second.first = std::min(range->second.first, seconds);
    range->second.second = std::max(range->second.second, seconds);
  }
  for (const auto& [key, range] : ranges) {
    if (range.first <= 0 || range.second / range.first <= spread_max) continue;
    notes.push_back(fmt::format(
        "{} answers of {} took between {:.2f} and {:.2f} s though the work was the same: compare "
        "tokens rather than times, or measure again with more --rounds.",
        key.second ? "Cold" : "Next", record.servers[key.first].name, range.first, range.second));
  }
}

}  // namespace

std::vector<std::string> notes_on(const BenchRecord& record) {
  std::vector<std::string> notes;
  if (record.interrupted) {
    notes.emplace_back("The bench was interrupted: the report has what was measured until then.");
  }
  note_restarts(record, notes);
  note_counts(record, notes);
  note_loads(record, notes);
  note_spread(record, notes);
  return notes;
}

}  // namespace anyclaude
