#include "protocol/anthropic_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "protocol/json_string.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

// The last block if it is a T, else a new one.
template <class T>
T& last_or_new(std::vector<Block>& blocks) {
  if (blocks.empty() || !std::holds_alternative<T>(blocks.back())) blocks.emplace_back(T{});
  return std::get<T>(blocks.back());
}

struct BlockEncoder {
  std::string operator()(const TextBlock& block) const {
    return fmt::format(R"({{"type":"text","text":{}}})", json_string(block.text));
  }
  std::string operator()(const ThinkingBlock& block) const {
    return fmt::format(R"({{"type":"thinking","thinking":{},"signature":{}}})",
                       json_string(block.text), json_string(thinking_signature(block.text)));
  }
  std::string operator()(const ToolUseBlock& block) const {
    const bool complete = block.input_json.starts_with('{') && Json::accept(block.input_json);
    return fmt::format(R"({{"type":"tool_use","id":{},"name":{},"input":{}}})",
                       json_string(block.id), json_string(block.name),
                       complete ? block.input_json : "{}");
  }
  // Models do not produce these.
  std::string operator()(const MediaBlock&) const { return {}; }
  std::string operator()(const ToolReferenceBlock&) const { return {}; }
  std::string operator()(const ToolResultBlock&) const { return {}; }
};

std::string rfc3339(std::time_t time) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

}  // namespace

AnthropicMessage::AnthropicMessage(std::string id, std::string model)
    : id_(std::move(id)), model_(std::move(model)) {}

void AnthropicMessage::add(const Event& event) {
  if (const auto* text = std::get_if<TextDelta>(&event)) {
    if (!text->text.empty()) last_or_new<TextBlock>(blocks_).text += text->text;
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) {
    if (!thinking->text.empty()) last_or_new<ThinkingBlock>(blocks_).text += thinking->text;
  } else if (const auto* start = std::get_if<ToolUseStart>(&event)) {
    blocks_.emplace_back(ToolUseBlock{start->id, start->name, ""});
  } else if (const auto* input = std::get_if<ToolInputDelta>(&event)) {
    last_or_new<ToolUseBlock>(blocks_).input_json += input->json;
  } else if (const auto* passed_on = std::get_if<PassedOn>(&event)) {
    passed_on_ = passed_on->data;
  }
}

std::string AnthropicMessage::encode(const Finish& finish) const {
  if (!passed_on_.empty()) return passed_on_;
  std::string content;
  for (const Block& block : blocks_) {
    if (!content.empty()) content += ',';
    content += std::visit(BlockEncoder{}, block);
  }
  return fmt::format(
      R"({{"id":{},"type":"message","role":"assistant","model":{},"content":[{}],)"
      R"("stop_reason":"{}","stop_sequence":{},"usage":{}}})",
      json_string(id_), json_string(model_), content, stop_reason_name(finish.reason),
      finish.reason == StopReason::stop_sequence ? json_string(finish.stop_sequence) : "null",
      encode_usage(finish.usage));
}

std::string encode_usage(const Usage& usage) {
  const uint32_t cached = std::min(usage.prompt_tokens_cached, usage.prompt_tokens);
  return fmt::format(
      R"({{"input_tokens":{},"cache_creation_input_tokens":0,"cache_read_input_tokens":{},)"
      R"("output_tokens":{}}})",
      usage.prompt_tokens - cached, cached, usage.output_tokens);
}

const char* stop_reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::end_turn:
      return "end_turn";
    case StopReason::max_tokens:
      return "max_tokens";
    case StopReason::stop_sequence:
      return "stop_sequence";
    case StopReason::tool_use:
      return "tool_use";
  }
  return "end_turn";
}

std::string thinking_signature(std::string_view thinking) {
  uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
  for (const char c : thinking) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3ull;
  }
  return fmt::format("anyclaude-{:016x}", hash);
}

std::string encode_error(std::string_view type, std::string_view message,
                         std::string_view request_id) {
  return fmt::format(R"({{"type":"error","error":{{"type":{},"message":{}}},"request_id":{}}})",
                     json_string(type), json_string(message), json_string(request_id));
}

std::string encode_model(const ListedModel& model) {
  return fmt::format(R"({{"type":"model","id":{},"display_name":{},"created_at":"{}",)"
                     R"("max_input_tokens":{},"max_tokens":{}}})",
                     json_string(model.id), json_string(model.display_name),
                     rfc3339(model.created_at), model.context_tokens, model.output_tokens_max);
}

std::string encode_models(const std::vector<ListedModel>& models) {
  std::string data;
  for (const ListedModel& model : models) {
    if (!data.empty()) data += ',';
    data += encode_model(model);
  }
  return fmt::format(R"({{"data":[{}],"has_more":false,"first_id":{},"last_id":{}}})", data,
                     models.empty() ? "null" : json_string(models.front().id),
                     models.empty() ? "null" : json_string(models.back().id));
}

std::string encode_token_count(uint32_t input_tokens) {
  return fmt::format(R"({{"input_tokens":{}}})", input_tokens);
}

}  // namespace anyclaude
