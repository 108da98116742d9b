#include "protocol/activity_report.h"

#include "protocol/described_json.h"

namespace anyclaude {

template <class Fields>
void describe(RequestNames& names, Fields field) {
  field("id", names.id);
  field("session", names.session);
  field("agent", names.agent);
  field("key", names.key);
  field("model", names.model);
  field("backend", names.backend);
  field("reason", names.reason);
}

template <class Fields>
void describe(RunningReport& report, Fields field) {
  describe(report.names, field);
  field("phase", report.phase);
  field("prompt_tokens", report.prompt_tokens);
  field("prompt_tokens_done", report.prompt_tokens_done);
  field("prompt_tokens_reused", report.prompt_tokens_reused);
  field("output_tokens", report.output_tokens);
  field("seconds", report.seconds);
  field("eta_s", report.eta_s);
  field("tokens_per_s", report.tokens_per_s);
}

template <class Fields>
void describe(SectionsReport& report, Fields field) {
  field("tools", report.tools);
  field("instructions", report.instructions);
  field("context", report.context);
  field("messages", report.messages);
}

template <class Fields>
void describe(FinishedReport& report, Fields field) {
  field("number", report.number);
  describe(report.names, field);
  field("ended_s", report.ended_s);
  field("seconds", report.seconds);
  field("first_token_s", report.first_token_s);
  field("prompt_tokens", report.prompt_tokens);
  field("prompt_tokens_reused", report.prompt_tokens_reused);
  field("output_tokens", report.output_tokens);
  field("stop", report.stop);
  field("error", report.error);
  field("sections", report.sections);
  field("new_from", report.new_from);
  field("why", report.why);
  field("saved_s", report.saved_s);
}

template <class Fields>
void describe(Saved& saved, Fields field) {
  field("requests", saved.requests);
  field("prompt_tokens", saved.prompt_tokens);
  field("reused_tokens", saved.reused_tokens);
  field("saved_s", saved.saved_s);
}

template <class Fields>
void describe(LogLine& line, Fields field) {
  field("number", line.number);
  field("time_s", line.time_s);
  field("level", line.level);
  field("text", line.text);
}

template <class Fields>
void describe(RunningList& list, Fields field) {
  field("requests", list.requests);
}

template <class Fields>
void describe(FinishedList& list, Fields field) {
  field("requests", list.requests);
  field("count", list.count);
}

template <class Fields>
void describe(SavingsReport& report, Fields field) {
  field("today", report.today);
  field("all", report.all);
}

template <class Fields>
void describe(LogLines& lines, Fields field) {
  field("lines", lines.lines);
}

std::string encode(const RunningList& list) { return described_json::print(list); }
std::string encode(const FinishedList& list) { return described_json::print(list); }
std::string encode(const SavingsReport& report) { return described_json::print(report); }
std::string encode(const LogLines& lines) { return described_json::print(lines); }
std::string encode(const Saved& saved) { return described_json::print(saved); }

Result<RunningList> decode_running_list(const std::string& json) {
  return described_json::read_report<RunningList>(json);
}

Result<Saved> decode_saved(const std::string& json) {
  return described_json::read_report<Saved>(json);
}

}  // namespace anyclaude
