#include "route/decision_record.h"

#include <utility>

#include "protocol/described_json.h"

namespace anyclaude {

struct DecisionList {
  std::vector<DecisionRecord> decisions;
};

template <class Fields>
void describe(Needs& needs, Fields field) {
  field("tools", needs.tools);
  field("edits", needs.edits);
  field("images", needs.images);
  field("search", needs.search);
  field("background", needs.background);
  field("agent", needs.agent);
}

template <class Fields>
void describe(ServerCosts& costs, Fields field) {
  field("new_byte_s", costs.new_byte_s);
  field("known_byte_s", costs.known_byte_s);
  field("token_s", costs.token_s);
  field("first_token_s", costs.first_token_s);
  field("answers", costs.answers);
  field("known_answers", costs.known_answers);
}

template <class Fields>
void describe(Candidate& candidate, Fields field) {
  field("mode", candidate.mode);
  field("name", candidate.name);
  field("ready", candidate.ready);
  field("failing", candidate.failing);
  field("last_resort", candidate.last_resort);
  field("tools", candidate.tools);
  field("images", candidate.images);
  field("searches", candidate.searches);
  field("context_tokens", candidate.context_tokens);
  field("known_bytes", candidate.known_bytes);
  field("is_last", candidate.is_last);
  field("in_flight", candidate.in_flight);
  field("weight", candidate.weight);
  field("costs", candidate.costs);
}

template <class Fields>
void describe(RouteRule& rule, Fields field) {
  std::string text = print(rule);
  field("rule", text);
  if (auto read = parse_route_rule(text)) rule = std::move(*read);
}

template <class Fields>
void describe(DecisionRecord& record, Fields field) {
  field("request_id", record.request_id);
  field("needs", record.input.needs);
  field("prompt_bytes", record.input.prompt_bytes);
  field("head_hash", record.input.head_hash);
  field("answer_tokens", record.input.answer_tokens);
  field("chosen_by_user", record.input.chosen_by_user);
  field("candidates", record.candidates);
  field("rules", record.rules);
  field("server", record.server);
  field("reason", record.reason);
}

template <class Fields>
void describe(DecisionList& list, Fields field) {
  field("decisions", list.decisions);
}

std::string encode(const std::vector<DecisionRecord>& records) {
  return described_json::print(DecisionList{records});
}

Result<std::vector<DecisionRecord>> decode_decisions(const std::string& json) {
  DecisionList list = TRY(described_json::read_report<DecisionList>(json));
  return std::move(list.decisions);
}

}  // namespace anyclaude
