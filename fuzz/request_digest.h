// What fuzz targets of requests have in common: small limits, and all that a request says.
#pragma once

#include <string>

#include "fuzz_target.h"
#include "protocol/chat.h"
#include "protocol/json_string.h"
#include "protocol/json_text.h"
#include "protocol/request_limits.h"

namespace anyclaude {

// Small, so that limits are reached.
inline RequestLimits small_limits() {
  RequestLimits limits;
  limits.json = {.depth_max = 40, .values_max = 10'000, .keys_max = 200};
  limits.messages_max = 50;
  limits.blocks_max = 50;
  limits.tools_max = 20;
  limits.stop_sequences_max = 10;
  return limits;
}

// Every string of a conversation, in order; checks each on the way.
class Digest {
 public:
  explicit Digest(const Request& request) {
    const Conversation& conversation = request.conversation;
    text(request.model);
    for (const std::string& part : conversation.system) text(part);
    for (const Message& message : conversation.messages) {
      out_ += static_cast<char>('0' + static_cast<int>(message.role));
      for (const Block& block : message.blocks) std::visit(*this, block);
    }
    for (const Tool& tool : conversation.tools) {
      text(tool.name);
      text(tool.description);
      object(tool.input_schema_json);
    }
    for (const std::string& sequence : conversation.stop_sequences) text(sequence);
    if (!conversation.output_schema_json.empty()) object(conversation.output_schema_json);
    promise(conversation.max_tokens >= 0, "max_tokens has not overflown");
    promise(conversation.thinking.budget_tokens >= 0, "budget_tokens has not overflown");
    out_ += std::to_string(conversation.max_tokens);
  }
  const std::string& value() const { return out_; }

  void operator()(const TextBlock& block) { text(block.text); }
  void operator()(const ThinkingBlock& block) { text(block.text + block.signature); }
  void operator()(const ToolReferenceBlock& block) { text(block.tool_name); }
  void operator()(const MediaBlock& block) {
    text(block.media_type);
    text(block.data);
    text(block.title);
  }
  void operator()(const ToolUseBlock& block) {
    text(block.id);
    text(block.name);
    object(block.input_json);
  }
  void operator()(const ToolResultBlock& block) {
    text(block.tool_use_id);
    for (const auto& part : block.content) std::visit(*this, part);
  }

 private:
  void text(const std::string& value) {
    promise(!find_invalid_utf8(value), "every string is UTF-8");
    out_ += value + '\n';
  }
  void object(const std::string& json) {
    const auto parsed = parse_json(json, {});
    promise(parsed.has_value() && parsed->is_object(), "schemas and inputs are JSON objects");
    text(json);
  }

  std::string out_;
};

}  // namespace anyclaude
