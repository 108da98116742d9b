#include "protocol/warm_report.h"

#include "protocol/described_json.h"

namespace anyclaude {

template <class Fields>
void describe(WarmReport& report, Fields field) {
  field("prompts", report.prompts);
  field("prompts_all", report.prompts_all);
  field("failed", report.failed);
  field("client", report.client);
  field("tools", report.tools);
  field("tokens_done", report.tokens_done);
  field("tokens", report.tokens);
  field("computed", report.computed);
  field("reused", report.reused);
  field("noted", report.noted);
  field("done", report.done);
}

std::string encode(const WarmReport& report) { return described_json::print(report); }

Result<WarmReport> decode_warm_report(const std::string& json) {
  return described_json::read_report<WarmReport>(json);
}

}  // namespace anyclaude
