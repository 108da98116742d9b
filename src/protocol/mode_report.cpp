#include "protocol/mode_report.h"

#include "protocol/described_json.h"

namespace anyclaude {

template <class Fields>
void describe(ServerReport& report, Fields field) {
  field("mode", report.mode);
  field("name", report.name);
  field("address", report.address);
  field("weight", report.weight);
  field("open", report.open);
  field("ready", report.ready);
  field("failing", report.failing);
  field("what", report.what);
  field("model", report.model);
  field("tools", report.tools);
  field("images", report.images);
  field("context_tokens", report.context_tokens);
  field("in_flight", report.in_flight);
  field("answers", report.answers);
  field("first_token_s", report.first_token_s);
  field("token_s", report.token_s);
}

template <class Fields>
void describe(ModeReport& report, Fields field) {
  field("mode", report.mode);
  field("modes", report.modes);
  field("servers", report.servers);
}

template <class Fields>
void describe(ModeOrder& order, Fields field) {
  field("mode", order.mode);
  field("keep", order.keep);
}

std::string encode(const ModeReport& report) { return described_json::print(report); }
std::string encode(const ModeOrder& order) { return described_json::print(order); }

Result<ModeReport> decode_mode_report(const std::string& json) {
  return described_json::read_report<ModeReport>(json);
}

Result<ModeOrder> decode_mode_order(const std::string& json) {
  return described_json::read_order<ModeOrder>(json);
}

}  // namespace anyclaude
