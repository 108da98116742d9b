// Which server gets a request, and why: a pure function of what is known. What it was given can be
// written down, and gives the same again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "route/needs.h"
#include "route/server_costs.h"

namespace anyclaude {

// "background=mlx-lm": requests of a kind go to one mode's servers, where any of them can answer.
struct RouteRule {
  enum class When { background, agents, images, tools, edits };
  When when = When::background;
  std::string mode;
};

// Error::invalid_request names what is wrong.
Result<RouteRule> parse_route_rule(std::string_view text);

// As parse_route_rule reads it.
std::string print(const RouteRule& rule);

// A server that might answer, as it is known at this moment.
struct Candidate {
  std::string mode;  // "vllm"
  std::string name;  // the same, or, of several, with a number: "vllm-2"
  bool ready = true;
  bool failing = false;      // its last answers were failures
  bool last_resort = false;  // answers only where nobody else can
  bool tools = true;         // shows them to its model; else they are told in words
  bool images = false;
  bool searches = false;        // the web
  uint32_t context_tokens = 0;  // 0: unknown
  uint64_t known_bytes = 0;     // of the prompt: sent to it before
  bool is_last = false;         // it answered this conversation's last request
  uint32_t in_flight = 0;
  double weight = 1;  // among equals; 0: gets no new conversations
  ServerCosts costs;
};

struct Decision {
  // Candidates by their index, the best first: the others are for when it fails. Empty only where
  // there were none.
  std::vector<size_t> order;
  // Of the best: one line for people, without its name.
  std::string reason;
};

struct DecisionInput {
  Needs needs;
  uint64_t prompt_bytes = 0;
  uint64_t head_hash = 0;       // of tools and system text
  uint32_t answer_tokens = 0;   // expected
  bool chosen_by_user = false;  // the user named the mode: it answers also what it can only in part
};

Decision decide(const DecisionInput& input, std::span<const Candidate> candidates,
                std::span<const RouteRule> rules);

}  // namespace anyclaude
