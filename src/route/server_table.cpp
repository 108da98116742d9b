#include "route/server_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anyclaude {
namespace {

constexpr size_t conversations_max = 4'096;

// A server that failed so often in a row gets nothing for a while, then longer, as long as there is
// another one.
constexpr uint32_t failures_max = 3;
constexpr double failing_s_min = 5;
constexpr double failing_s_max = 60;

double failing_s(uint32_t failures) {
  return std::min(
      failing_s_max,
      std::ldexp(failing_s_min, static_cast<int>(std::min(failures - failures_max, 8u))));
}

}  // namespace

ServerTable::ServerTable(std::vector<RoutedServer> servers, RouteClock now_s)
    : servers_(std::move(servers)),
      now_s_(std::move(now_s)),
      states_(servers_.size()),
      last_(conversations_max) {}

Result<void> ServerTable::open(std::span<const size_t> numbers) {
  const MutexLock opening(opening_);
  std::optional<Error> first_error;
  bool any = false;
  for (const size_t number : numbers) {
    if (backend(number) != nullptr) {
      any = true;
      continue;
    }
    auto opened = server(number).open();
    if (!opened) {
      if (!first_error) first_error = std::move(opened).error();
      continue;
    }
    any = true;
    const MutexLock lock(mutex_);
    states_[number].backend = std::move(*opened);
  }
  if (any) return {};
  if (first_error) return std::unexpected(std::move(*first_error));
  return fail(Error::Kind::not_found, "No server is configured.");
}

Backend* ServerTable::backend(size_t number) const {
  const MutexLock lock(mutex_);
  return states_[number].backend.get();
}

std::vector<Candidate> ServerTable::candidates(std::span<const size_t> numbers,
                                               const PromptTrail& trail,
                                               const std::string& conversation) {
  std::vector<Candidate> candidates;
  for (const size_t number : numbers) {
    Candidate& candidate = candidates.emplace_back();
    const Backend* asked = backend(number);
    const Abilities abilities = asked != nullptr ? asked->abilities() : Abilities();
    candidate.ready = abilities.ready;
    candidate.tools = abilities.tools;
    candidate.images = abilities.images;
    candidate.searches = abilities.passes_on;
    candidate.context_tokens = abilities.context_tokens;
  }
  const double now_s = now_s_();
  const MutexLock lock(mutex_);
  const size_t* last = conversation.empty() ? nullptr : last_.find(conversation);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const RoutedServer& server = servers_[numbers[i]];
    State& state = states_[numbers[i]];
    Candidate& candidate = candidates[i];
    candidate.mode = server.mode;
    candidate.name = server.name;
    candidate.weight = server.weight;
    candidate.last_resort = server.last_resort;
    candidate.failing = now_s < state.failing_until_s;
    candidate.known_bytes = state.known.known_bytes(trail);
    candidate.is_last = last != nullptr && *last == numbers[i];
    candidate.in_flight = state.in_flight;
    candidate.costs = state.costs;
  }
  return candidates;
}

uint64_t ServerTable::begin(size_t number, const PromptTrail& trail,
                            const std::string& conversation) {
  const MutexLock lock(mutex_);
  State& state = states_[number];
  ++state.in_flight;
  const uint64_t known = state.known.known_bytes(trail);
  state.known.note(trail);
  if (!conversation.empty()) last_.put(conversation, number);
  return known;
}

void ServerTable::answered(size_t number, const AnswerTimes& times) {
  constexpr double weight_of_newest = 0.1;
  const MutexLock lock(mutex_);
  State& state = states_[number];
  --state.in_flight;
  state.failures = 0;
  state.failing_until_s = 0;
  state.costs.learn(times);
  answer_tokens_ += weight_of_newest * (times.output_tokens - answer_tokens_);
}

void ServerTable::failed(size_t number) {
  const double now_s = now_s_();
  const MutexLock lock(mutex_);
  State& state = states_[number];
  --state.in_flight;
  if (++state.failures < failures_max) return;
  state.failing_until_s = now_s + failing_s(state.failures);
}

void ServerTable::left(size_t number) {
  const MutexLock lock(mutex_);
  --states_[number].in_flight;
}

uint32_t ServerTable::answer_tokens() const {
  const MutexLock lock(mutex_);
  return static_cast<uint32_t>(answer_tokens_);
}

}  // namespace anyclaude
