#include "protocol/anthropic_stream.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/anthropic_reply.h"
#include "protocol/json_string.h"
#include "protocol/sse.h"

namespace anyclaude {

AnthropicStream::AnthropicStream(std::string id, std::string model)
    : id_(std::move(id)), model_(std::move(model)) {}

std::string AnthropicStream::start(uint32_t prompt_tokens) {
  std::string out;
  append_sse(
      out, "message_start",
      fmt::format(R"({{"type":"message_start","message":{{"id":{},"type":"message",)"
                  R"("role":"assistant","model":{},"content":[],"stop_reason":null,)"
                  R"("stop_sequence":null,"usage":{}}}}})",
                  json_string(id_), json_string(model_), encode_usage({prompt_tokens, 0, 0})));
  return out;
}

std::string AnthropicStream::event(const Event& event) {
  std::string out;
  if (const auto* text = std::get_if<TextDelta>(&event)) {
    if (text->text.empty()) return out;
    if (open_ != Open::text) begin(out, Open::text, R"({"type":"text","text":""})");
    delta(out, "text_delta", "text", text->text);
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) {
    if (thinking->text.empty()) return out;
    if (open_ != Open::thinking) {
      begin(out, Open::thinking, R"({"type":"thinking","thinking":"","signature":""})");
    }
    thinking_ += thinking->text;
    delta(out, "thinking_delta", "thinking", thinking->text);
  } else if (const auto* tool = std::get_if<ToolUseStart>(&event)) {
    begin(out, Open::tool_use,
          fmt::format(R"({{"type":"tool_use","id":{},"name":{},"input":{{}}}})",
                      json_string(tool->id), json_string(tool->name)));
  } else if (const auto* input = std::get_if<ToolInputDelta>(&event)) {
    if (open_ == Open::tool_use) delta(out, "input_json_delta", "partial_json", input->json);
  } else if (const auto* passed_on = std::get_if<PassedOn>(&event)) {
    passed_on_ = true;
    append_sse(out, passed_on->name, passed_on->data);
  }
  return out;
}

std::string AnthropicStream::finish(const Finish& finish) {
  std::string out;
  if (passed_on_) return out;
  end(out);
  append_sse(
      out, "message_delta",
      fmt::format(
          R"({{"type":"message_delta","delta":{{"stop_reason":"{}",)"
          R"("stop_sequence":{}}},"usage":{}}})",
          stop_reason_name(finish.reason),
          finish.reason == StopReason::stop_sequence ? json_string(finish.stop_sequence) : "null",
          encode_usage(finish.usage)));
  append_sse(out, "message_stop", R"({"type":"message_stop"})");
  return out;
}

std::string AnthropicStream::error(std::string_view body) {
  std::string out;
  append_sse(out, "error", body);
  return out;
}

std::string AnthropicStream::ping() const {
  std::string out;
  append_sse(out, "ping", R"({"type":"ping"})");
  return out;
}

void AnthropicStream::begin(std::string& out, Open kind, std::string_view block) {
  end(out);
  open_ = kind;
  append_sse(out, "content_block_start",
             fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})",
                         index_, block));
}

void AnthropicStream::end(std::string& out) {
  if (open_ == Open::none) return;
  if (open_ == Open::thinking) {
    delta(out, "signature_delta", "signature", thinking_signature(thinking_));
    thinking_.clear();
  }
  append_sse(out, "content_block_stop",
             fmt::format(R"({{"type":"content_block_stop","index":{}}})", index_));
  open_ = Open::none;
  ++index_;
}

void AnthropicStream::delta(std::string& out, std::string_view type, std::string_view field,
                            std::string_view text) const {
  append_sse(out, "content_block_delta",
             fmt::format(R"({{"type":"content_block_delta","index":{},)"
                         R"("delta":{{"type":"{}","{}":{}}}}})",
                         index_, type, field, json_string(text)));
}

}  // namespace anyclaude
