#include "bench/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/units.h"
#include "bench/statistics.h"

namespace anyclaude {
namespace {

double rounded(double seconds) { return std::round(seconds * 1e4) / 1e4; }

// One value of a row: of a request, or of several that belong together.
struct Sample {
  double first_s = 0;
  TokenCounts tokens;
};

using Chosen = std::function<bool(const MeasuredRequest&)>;

// A middle value that was really there, so that a count of tokens stays one.
std::optional<uint32_t> middle_of(std::vector<uint32_t> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

Json json_of(std::optional<uint32_t> count) { return count ? Json(*count) : Json(nullptr); }

std::optional<uint32_t> new_tokens(const TokenCounts& tokens) {
  if (!tokens.prompt || !tokens.reused) return std::nullopt;
  return *tokens.prompt - std::min(*tokens.prompt, *tokens.reused);
}

// A count that only some of the samples have is not one of all.
template <class CountOf>
std::optional<uint32_t> middle_count(const std::vector<Sample>& samples, const CountOf& count_of) {
  std::vector<uint32_t> counts;
  for (const Sample& sample : samples) {
    const std::optional<uint32_t> count = count_of(sample.tokens);
    if (!count) return std::nullopt;
    counts.push_back(*count);
  }
  return middle_of(std::move(counts));
}

Json spread_json(const std::vector<Sample>& samples) {
  std::vector<double> seconds;
  for (const Sample& sample : samples) seconds.push_back(sample.first_s);
  const Spread spread = spread_of(std::move(seconds));
  return {{"median", rounded(spread.median)},
          {"least", rounded(spread.least)},
          {"most", rounded(spread.most)},
          {"count", spread.count}};
}

Json cell_of(size_t server, const std::vector<Sample>& samples) {
  const auto prompt = [](const TokenCounts& tokens) { return tokens.prompt; };
  const auto reused = [](const TokenCounts& tokens) { return tokens.reused; };
  return {{"server", server},
          {"first_s", spread_json(samples)},
          {"prompt_tokens", json_of(middle_count(samples, prompt))},
          {"reused_tokens", json_of(middle_count(samples, reused))},
          {"new_tokens", json_of(middle_count(samples, new_tokens))}};
}

class Summary {
 public:
  explicit Summary(const BenchRecord& record) : record_(record) {}

  Json rows() const {
    Json rows = Json::array();
    const auto add = [&](std::string_view id, std::string_view title, const auto& samples_of) {
      Json cells = Json::array();
      for (size_t server = 0; server < record_.servers.size(); ++server) {
        const std::vector<Sample> samples = samples_of(server);
        if (!samples.empty()) cells.push_back(cell_of(server, samples));
      }
      if (!cells.empty()) rows.push_back({{"id", id}, {"title", title}, {"cells", cells}});
    };
    const auto add_requests = [&](std::string_view id, std::string_view title, const Chosen& is) {
      add(id, title, [&](size_t server) { return samples(server, is); });
    };
    add_requests("cold", "Cold first answer", [](const MeasuredRequest& request) {
      return request.scenario == Scenario::session && request.number == 1;
    });
    add_requests("follow_up", "Next turn, with a tool's result", [](const auto& request) {
      return request.scenario == Scenario::session && request.number > 1;
    });
    add_requests("restart", "First answer after a restart", [](const MeasuredRequest& request) {
      return request.scenario == Scenario::restart;
    });
    add_requests("other_repository", "Another repository", [](const MeasuredRequest& request) {
      return request.scenario == Scenario::other_repository;
    });
    add("agents", "Eight sub-agents at once, until the last begins to answer",
        [&](size_t server) { return of_all_agents(server); });
    add("session", "Ten queries of a session, mean",
        [&](size_t server) { return of_sessions(server, false); });
    add("session_anew", "The same with everything computed anew, reckoned from the cold answer",
        [&](size_t server) { return of_sessions(server, true); });
    return rows;
  }

  // Each query of a session, as it is and as it would be if nothing were kept.
  Json sessions() const {
    Json out = Json::array();
    for (size_t server = 0; server < record_.servers.size(); ++server) {
      Json queries = Json::array();
      for (size_t number = 1; number <= session_queries; ++number) {
        const auto kept = samples(server, [&](const MeasuredRequest& request) {
          return request.scenario == Scenario::session && request.number == number;
        });
        std::vector<double> anew;
        for (const auto& [round, queries_of_round] : rounds_of(server)) {
          if (const auto cost = anew_s(queries_of_round, number)) anew.push_back(*cost);
        }
        if (kept.empty() || anew.empty()) break;
        Json query = cell_of(server, kept);
        query.erase("server");
        query["number"] = number;
        query["anew_s"] = rounded(spread_of(std::move(anew)).median);
        queries.push_back(std::move(query));
      }
      if (!queries.empty()) out.push_back({{"server", server}, {"queries", std::move(queries)}});
    }
    return out;
  }

 private:
  using Queries = std::map<size_t, const MeasuredRequest*>;  // by number

  std::vector<Sample> samples(size_t server, const Chosen& is) const {
    std::vector<Sample> out;
    for (const MeasuredRequest& request : record_.requests) {
      if (request.server == server && is(request)) out.push_back(sample_of(request));
    }
    return out;
  }

  static Sample sample_of(const MeasuredRequest& request) {
    return {rounded(request.measured.first_s), request.measured.tokens};
  }

  std::map<uint32_t, Queries> rounds_of(size_t server) const {
    std::map<uint32_t, Queries> rounds;
    for (const MeasuredRequest& request : record_.requests) {
      if (request.server != server || request.scenario != Scenario::session) continue;
      rounds[request.round][request.number] = &request;
    }
    return rounds;
  }

  // Of a prompt that is read at the pace of the round's cold one.
  static std::optional<double> anew_s(const Queries& queries, size_t number) {
    const auto cold = queries.find(1);
    const auto query = queries.find(number);
    if (cold == queries.end() || query == queries.end()) return std::nullopt;
    const auto cold_tokens = cold->second->measured.tokens.prompt;
    const auto tokens = query->second->measured.tokens.prompt;
    const double longer = cold_tokens && tokens ? static_cast<double>(*tokens) / *cold_tokens : 1;
    return rounded(cold->second->measured.first_s) * longer;
  }

  // One sample a round that has all queries.
  std::vector<Sample> of_sessions(size_t server, bool anew) const {
    std::vector<Sample> out;
    for (const auto& [round, queries] : rounds_of(server)) {
      if (queries.size() < session_queries) continue;
      std::vector<double> seconds;
      Sample all{0, {0, 0}};
      for (const auto& [number, query] : queries) {
        const Sample sample = sample_of(*query);
        seconds.push_back(anew ? *anew_s(queries, number) : sample.first_s);
        add_tokens(all.tokens, sample.tokens);
      }
      all.first_s = mean_of(seconds);
      if (anew && all.tokens.reused) all.tokens.reused = 0;
      out.push_back(all);
    }
    return out;
  }

  // One sample a round in which all have answered: the last one's beginning, everybody's tokens.
  std::vector<Sample> of_all_agents(size_t server) const {
    std::map<uint32_t, std::vector<Sample>> rounds;
    for (const MeasuredRequest& request : record_.requests) {
      if (request.server != server || request.scenario != Scenario::agents) continue;
      rounds[request.round].push_back(sample_of(request));
    }
    std::vector<Sample> out;
    for (const auto& [round, agents] : rounds) {
      if (agents.size() < agents_at_once) continue;
      Sample all{0, {0, 0}};
      for (const Sample& agent : agents) {
        all.first_s = std::max(all.first_s, agent.first_s);
        add_tokens(all.tokens, agent.tokens);
      }
      out.push_back(all);
    }
    return out;
  }

  static void add_tokens(TokenCounts& sum, const TokenCounts& more) {
    const auto add = [](std::optional<uint32_t>& to, const std::optional<uint32_t>& count) {
      to = to && count ? std::optional(*to + *count) : std::nullopt;
    };
    add(sum.prompt, more.prompt);
    add(sum.reused, more.reused);
  }

  const BenchRecord& record_;
};

Json server_json(const ContenderFacts& facts) {
  return {{"name", facts.name},
          {"url", facts.url},
          {"model", facts.model},
          {"api", facts.api},
          {"context_tokens", facts.context_tokens > 0 ? Json(facts.context_tokens) : Json()}};
}

Json request_json(const MeasuredRequest& request) {
  const TokenCounts& tokens = request.measured.tokens;
  return {{"server", request.server},
          {"round", request.round},
          {"scenario", name_of(request.scenario)},
          {"number", request.number},
          {"first_s", rounded(request.measured.first_s)},
          {"whole_s", rounded(request.measured.whole_s)},
          {"prompt_tokens", json_of(tokens.prompt)},
          {"reused_tokens", json_of(tokens.reused)},
          {"new_tokens", json_of(new_tokens(tokens))}};
}

}  // namespace

Json results_json(const BenchRecord& record) {
  const Summary summary(record);
  const BenchMachine& machine = record.machine;
  Json servers = Json::array();
  for (const ContenderFacts& facts : record.servers) servers.push_back(server_json(facts));
  Json requests = Json::array();
  for (const MeasuredRequest& request : record.requests) requests.push_back(request_json(request));
  return {{"anyclaude", record.version},
          {"started", record.started},
          {"seconds", std::round(record.seconds)},
          {"interrupted", record.interrupted},
          {"machine",
           {{"processor", machine.processor},
            {"cores", machine.cores},
            {"memory_bytes", machine.memory_bytes},
            {"system", machine.system},
            {"load_before", std::round(machine.load_before * 100) / 100}}},
          {"settings", record.settings},
          {"plan",
           {{"seed", record.seed},
            {"rounds", record.plan.rounds},
            {"prompt_tokens", record.plan.prompt_tokens}}},
          {"servers", servers},
          {"rows", summary.rows()},
          {"sessions", summary.sessions()},
          {"requests", requests},
          {"notes", record.notes}};
}

}  // namespace anyclaude
