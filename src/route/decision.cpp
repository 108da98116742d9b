#include "route/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace anyclaude {
namespace {

// Texts of programs have two to five bytes a token. What would not fit even so does not fit.
constexpr uint64_t bytes_a_token_max = 6;

// A conversation stays where it is unless another server is so much quicker: what was computed of
// it is there, also where our measure of that is wrong.
constexpr double stay_ratio = 1.3;
constexpr double stay_s = 1.0;

// Servers of one mode are equal where people would not notice which of them answers. The one that
// knows most of the prompt then gets it; where none does, its head decides, so that prompts of one
// kind meet in one cache.
constexpr double equal_ratio = 1.1;
constexpr double equal_s = 0.25;

// Models that are told of their tools in words make more mistakes with them.
constexpr double emulation_ratio = 1.25;
constexpr double emulation_s = 1.0;

constexpr std::array<std::pair<std::string_view, RouteRule::When>, 5> conditions = {{
    {"background", RouteRule::When::background},
    {"agents", RouteRule::When::agents},
    {"images", RouteRule::When::images},
    {"tools", RouteRule::When::tools},
    {"edits", RouteRule::When::edits},
}};

bool applies(RouteRule::When when, const Needs& needs) {
  switch (when) {
    case RouteRule::When::background:
      return needs.background;
    case RouteRule::When::agents:
      return needs.agent;
    case RouteRule::When::images:
      return needs.images;
    case RouteRule::When::tools:
      return needs.tools;
    case RouteRule::When::edits:
      return needs.edits;
  }
  return false;
}

std::string_view name_of(RouteRule::When when) {
  return std::ranges::find(conditions, when, [](const auto& one) { return one.second; })->first;
}

class Choice {
 public:
  Choice(const DecisionInput& input, std::span<const Candidate> candidates,
         std::span<const RouteRule> rules)
      : input_(input), candidates_(candidates), rules_(rules) {}

  Decision run() {
    Decision decision;
    for (size_t i = 0; i < candidates_.size(); ++i) decision.order.push_back(i);
    if (candidates_.empty()) return decision;
    find_rule();
    for (size_t i = 0; i < candidates_.size(); ++i) ranks_.push_back(rank(i));
    prefer_among_equals();
    std::ranges::stable_sort(decision.order,
                             [&](size_t a, size_t b) { return ranks_[a] < ranks_[b]; });
    decision.reason = reason(decision.order.front());
    return decision;
  }

 private:
  // Compared member by member: what it cannot do counts more than how long it takes.
  struct Rank {
    bool not_ready = false;
    bool lacks = false;
    bool failing = false;
    bool off_rule = false;
    bool last_resort = false;
    bool draining = false;
    double cost_s = 0;
    auto operator<=>(const Rank&) const = default;
  };

  void find_rule() {
    for (const RouteRule& rule : rules_) {
      if (!applies(rule.when, input_.needs)) continue;
      const bool answers = std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
        return candidate.mode == rule.mode && candidate.ready && !candidate.failing &&
               lacks(candidate).empty();
      });
      if (answers) {
        rule_ = &rule;
        return;
      }
    }
  }

  Rank rank(size_t i) const {
    const Candidate& candidate = candidates_[i];
    return {.not_ready = !candidate.ready,
            .lacks = !lacks(candidate).empty(),
            .failing = candidate.failing,
            .off_rule = rule_ != nullptr && candidate.mode != rule_->mode,
            .last_resort = candidate.last_resort,
            .draining = candidate.weight <= 0 && !candidate.is_last,
            .cost_s = cost_s(candidate)};
  }

  // What of the request it cannot answer; empty: nothing.
  std::string lacks(const Candidate& candidate) const {
    if (input_.needs.images && !candidate.images) return "does not see images";
    if (input_.needs.search && !candidate.searches) return "does not search the web";
    const uint64_t tokens = input_.prompt_bytes / bytes_a_token_max;
    if (candidate.context_tokens != 0 && tokens > candidate.context_tokens) {
      return fmt::format("takes {} tokens only", candidate.context_tokens);
    }
    return {};
  }

  bool tells_tools(const Candidate& candidate) const {
    return !candidate.tools && (input_.needs.tools || input_.needs.edits);
  }

  // Until the answer is whole.
  double expected_s(const Candidate& candidate) const {
    const ServerCosts& costs = candidate.costs;
    const uint64_t known = std::min(candidate.known_bytes, input_.prompt_bytes);
    return candidate.in_flight * costs.first_token_s +
           costs.prefill_s(known, input_.prompt_bytes - known) +
           input_.answer_tokens * costs.token_s;
  }

  double cost_s(const Candidate& candidate) const {
    double cost = expected_s(candidate);
    if (tells_tools(candidate)) cost = cost * emulation_ratio + emulation_s;
    if (candidate.is_last) cost = std::max(0.0, cost - stay_s) / stay_ratio;
    return cost;
  }

  // Weighted rendezvous hashing: a server that comes or goes moves only the prompts that are its
  // own. (Wang and Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998; the weights as
  // -w / ln u.)
  double share_of_head(const Candidate& candidate) const {
    uint64_t hash = input_.head_hash;
    for (const char c : candidate.name) hash = mixed(hash ^ static_cast<unsigned char>(c));
    const double u = (static_cast<double>(hash >> 11) + 0.5) / 9007199254740992.0;  // 2^53
    return -candidate.weight / std::log(u);
  }

  bool goes_before(const Candidate& a, const Candidate& b) const {
    if (a.known_bytes != b.known_bytes) return a.known_bytes > b.known_bytes;
    return share_of_head(a) > share_of_head(b);
  }

  // SplitMix64's finaliser: every bit of the argument moves every bit of the result.
  static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  void prefer_among_equals() {
    const auto best =
        static_cast<size_t>(std::min_element(ranks_.begin(), ranks_.end()) - ranks_.begin());
    if (candidates_[best].is_last) return;
    std::optional<size_t> chosen;
    const double limit = ranks_[best].cost_s * equal_ratio + equal_s;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].mode != candidates_[best].mode || ranks_[i].cost_s > limit) continue;
      Rank as_quick = ranks_[i];
      as_quick.cost_s = ranks_[best].cost_s;
      if (as_quick != ranks_[best]) continue;
      if (!chosen || goes_before(candidates_[i], candidates_[*chosen])) chosen = i;
    }
    if (chosen) ranks_[*chosen].cost_s = std::min(ranks_[best].cost_s, 0.0) - 1;
  }

  std::string reason(size_t best) const {
    const Candidate& candidate = candidates_[best];
    std::string text = why(best);
    if (!candidate.ready) text += ", not ready";
    if (candidate.failing) text += ", failing";
    if (const std::string lack = lacks(candidate); !lack.empty()) {
      text += "; it " + lack;
      for (const Candidate& other : candidates_) {
        if (other.ready && lacks(other).empty()) text += fmt::format(": {} would do", other.name);
      }
    }
    if (tells_tools(candidate)) text += "; tools told in words";
    return text;
  }

  // What made it the first.
  std::string why(size_t best) const {
    const Candidate& candidate = candidates_[best];
    if (rule_ != nullptr) return "rule " + print(*rule_);
    std::string text = expectation(candidate);
    if (candidates_.size() == 1) return (input_.chosen_by_user ? "the mode; " : "alone; ") + text;
    std::optional<size_t> second;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (i != best && (!second || ranks_[i] < ranks_[*second])) second = i;
    }
    const Candidate& other = candidates_[*second];
    if (!other.ready) return text + fmt::format("; {} is not ready", other.name);
    if (other.failing && !candidate.failing) return text + fmt::format("; {} fails", other.name);
    const std::string lack = lacks(other);
    if (!lack.empty() && lacks(candidate).empty()) {
      return text + fmt::format("; {} {}", other.name, lack);
    }
    if (candidate.is_last) text += ", and the conversation is there";
    return text + fmt::format("; {} {}", other.name, expectation(other));
  }

  std::string expectation(const Candidate& candidate) const {
    if (candidate.costs.answers == 0) return "not measured yet";
    const uint64_t known = std::min(candidate.known_bytes, input_.prompt_bytes);
    return fmt::format("about {:.1f} s, {} % known", expected_s(candidate),
                       input_.prompt_bytes == 0 ? 0 : 100 * known / input_.prompt_bytes);
  }

  const DecisionInput& input_;
  const std::span<const Candidate> candidates_;
  const std::span<const RouteRule> rules_;
  const RouteRule* rule_ = nullptr;
  std::vector<Rank> ranks_;
};

}  // namespace

Result<RouteRule> parse_route_rule(std::string_view text) {
  const size_t equals = text.find('=');
  const auto* condition = std::ranges::find(conditions, text.substr(0, equals),
                                            [](const auto& one) { return one.first; });
  if (equals == std::string_view::npos || condition == conditions.end()) {
    return fail(Error::Kind::invalid_request,
                fmt::format("'{}' is no rule: write background, agents, images, tools or edits, "
                            "then = and a mode, as in background=mlx-lm",
                            text));
  }
  return RouteRule{condition->second, std::string(text.substr(equals + 1))};
}

std::string print(const RouteRule& rule) {
  return fmt::format("{}={}", name_of(rule.when), rule.mode);
}

Decision decide(const DecisionInput& input, std::span<const Candidate> candidates,
                std::span<const RouteRule> rules) {
  return Choice(input, candidates, rules).run();
}

}  // namespace anyclaude
