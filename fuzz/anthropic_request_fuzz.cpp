// Whatever comes, the decoder answers with a request or with an error of the client's; what it
// takes is clean, and the same request in other spelling means the same.
#include <string>

#include "fuzz_target.h"
#include "protocol/anthropic_reply.h"
#include "protocol/anthropic_request.h"
#include "protocol/json_string.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

// Small, so that limits are reached.
RequestLimits small_limits() {
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

void check(const std::string& body) {
  const RequestLimits limits = small_limits();
  const auto counted = decode_count_tokens_request(body, limits);
  const auto decoded = decode_messages_request(body, limits);
  if (!decoded) {
    promise(decoded.error().kind == Error::Kind::invalid_request, "the client's error");
    promise(!decoded.error().message.empty(), "errors say something");
    const std::string error = encode_error("x", decoded.error().message, "y");
    promise(parse_json(error, {}).has_value(), "errors can be sent");
    return;
  }
  promise(counted.has_value(), "what is answered can be counted");
  const Digest digest(decoded->request);
  promise(Digest(*counted).value() == digest.value(), "what is counted is what is answered");

  const std::string pretty = parse_json(body, limits.json)->dump(3, ' ', true);
  const auto again = decode_messages_request(pretty, limits);
  promise(again.has_value(), "spelling does not matter");
  promise(Digest(again->request).value() == digest.value(), "spelling does not change the meaning");
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
