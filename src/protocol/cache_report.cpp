#include "protocol/cache_report.h"

#include "protocol/described_json.h"

namespace anyclaude {

// ---- The fields of each body, for both ways (protocol/described_json.h).

template <class Fields>
void describe(TierReport& tier, Fields field) {
  field("bytes", tier.bytes);
  field("bytes_max", tier.bytes_max);
  field("pieces", tier.pieces);
  field("tokens", tier.tokens);
}

template <class Fields>
void describe(CacheReport& report, Fields field) {
  field("folder", report.folder);
  field("ram", report.ram);
  field("disk", report.disk);
  field("writes", report.writes);
  field("problem", report.problem);
}

template <class Fields>
void describe(PromptReport& prompt, Fields field) {
  field("id", prompt.id);
  field("model", prompt.model);
  field("sharing", prompt.sharing);
  field("words", prompt.words);
  field("tokens", prompt.tokens);
  field("bytes", prompt.bytes);
  field("bytes_alone", prompt.bytes_alone);
  field("in_ram", prompt.in_ram);
  field("on_disk", prompt.on_disk);
  field("imported", prompt.imported);
  field("pinned", prompt.pinned);
  field("last_used", prompt.last_used_s);
  field("hits", prompt.hits);
}

template <class Fields>
void describe(PromptList& list, Fields field) {
  field("count", list.count);
  field("prompts", list.prompts);
}

template <class Fields>
void describe(BranchReport& branch, Fields field) {
  field("id", branch.id);
  field("parent", branch.parent);
  field("model", branch.model);
  field("sharing", branch.sharing);
  field("words", branch.words);
  field("tokens", branch.tokens);
  field("tokens_to_end", branch.tokens_to_end);
  field("bytes_ram", branch.ram_bytes);
  field("bytes_disk", branch.disk_bytes);
  field("branch_bytes", branch.branch_bytes);
  field("pinned", branch.pinned);
  field("last_used_s", branch.last_used_s);
  field("hits", branch.hits);
  field("below", branch.below);
}

template <class Fields>
void describe(BranchList& list, Fields field) {
  field("nodes", list.nodes);
}

template <class Fields>
void describe(PinOrder& order, Fields field) {
  field("prompt", order.prompt);
  field("pinned", order.pinned);
}

template <class Fields>
void describe(VerifyReport& report, Fields field) {
  field("pieces", report.pieces);
  field("pieces_all", report.pieces_all);
  field("bytes", report.bytes);
  field("wrong", report.wrong);
  field("done", report.done);
}

template <class Fields>
void describe(PruneOrder& order, Fields field) {
  field("disk_bytes_max", order.disk_bytes_max);
  field("unused_since", order.unused_since_s);
  field("model", order.model);
  field("prompt", order.prompt);
  field("branch", order.branch);
}

template <class Fields>
void describe(PruneReport& report, Fields field) {
  field("bytes", report.bytes);
}

template <class Fields>
void describe(ExchangeOrder& order, Fields field) {
  field("prompt", order.prompt);
  field("path", order.path);
  field("team_key", order.team_key);
  field("trust", order.trust);
  field("progress", order.progress);
}

template <class Fields>
void describe(ExchangeReport& report, Fields field) {
  field("model", report.model);
  field("sharing", report.sharing);
  field("words", report.words);
  field("tokens", report.tokens);
  field("bytes", report.bytes);
  field("pieces", report.pieces);
  field("pieces_new", report.pieces_new);
}

template <class Fields>
void describe(ExchangeStep& step, Fields field) {
  field("bytes", step.bytes);
  field("bytes_all", step.bytes_all);
  field("report", step.report);
  field("error", step.error);
}

std::string encode(const CacheReport& report) { return described_json::print(report); }
std::string encode(const PromptList& list) { return described_json::print(list); }
std::string encode(const VerifyReport& report) { return described_json::print(report); }
std::string encode(const PruneOrder& order) { return described_json::print(order); }
std::string encode(const PruneReport& report) { return described_json::print(report); }
std::string encode(const ExchangeOrder& order) { return described_json::print(order); }
std::string encode(const ExchangeReport& report) { return described_json::print(report); }
std::string encode(const BranchList& list) { return described_json::print(list); }
std::string encode(const PinOrder& order) { return described_json::print(order); }
std::string encode(const ExchangeStep& step) { return described_json::print(step); }

Result<CacheReport> decode_cache_report(const std::string& json) {
  return described_json::read_report<CacheReport>(json);
}
Result<PromptList> decode_prompt_list(const std::string& json) {
  return described_json::read_report<PromptList>(json);
}
Result<VerifyReport> decode_verify_report(const std::string& json) {
  return described_json::read_report<VerifyReport>(json);
}
Result<PruneOrder> decode_prune_order(const std::string& json) {
  return described_json::read_order<PruneOrder>(json);
}
Result<PruneReport> decode_prune_report(const std::string& json) {
  return described_json::read_report<PruneReport>(json);
}
Result<ExchangeOrder> decode_exchange_order(const std::string& json) {
  return described_json::read_order<ExchangeOrder>(json);
}
Result<ExchangeReport> decode_exchange_report(const std::string& json) {
  return described_json::read_report<ExchangeReport>(json);
}
Result<PinOrder> decode_pin_order(const std::string& json) {
  return described_json::read_order<PinOrder>(json);
}
Result<ExchangeStep> decode_exchange_step(const std::string& json) {
  return described_json::read_report<ExchangeStep>(json);
}

}  // namespace anyclaude
