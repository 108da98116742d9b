#include "protocol/prompt_head.h"

#include <utility>
#include <variant>

#include "protocol/anthropic_request.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

constexpr const char* no_words = ".";

Json encode_text(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

Json encode_tool(const Tool& tool) {
  Json schema = Json::parse(tool.input_schema_json, nullptr, false);
  if (schema.is_discarded()) schema = Json::object();
  Json value = {
      {"name", tool.name}, {"description", tool.description}, {"input_schema", std::move(schema)}};
  if (tool.deferred) value["defer_loading"] = true;
  return value;
}

const char* name_of(ThinkingChoice::Mode mode) {
  switch (mode) {
    case ThinkingChoice::Mode::adaptive:
      return "adaptive";
    case ThinkingChoice::Mode::enabled:
      return "enabled";
    case ThinkingChoice::Mode::disabled:
      return "disabled";
    case ThinkingChoice::Mode::unset:
      break;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string_view> texts_before_words(const Conversation& conversation) {
  std::vector<std::string_view> texts;
  if (conversation.messages.empty() || conversation.messages.front().role != Role::user) return {};
  for (const Block& block : conversation.messages.front().blocks) {
    if (const auto* text = std::get_if<TextBlock>(&block)) texts.push_back(text->text);
  }
  if (!texts.empty()) texts.pop_back();
  return texts;
}

Request head_of(const Request& request) {
  Request head{.model = request.model};
  const Conversation& whole = request.conversation;
  head.conversation.system = whole.system;
  head.conversation.tools = whole.tools;
  head.conversation.thinking.mode = whole.thinking.mode;
  head.conversation.max_tokens = 1;
  Message first;
  for (const std::string_view text : texts_before_words(whole)) {
    first.blocks.emplace_back(TextBlock{std::string(text)});
  }
  first.blocks.emplace_back(TextBlock{no_words});
  head.conversation.messages.push_back(std::move(first));
  return head;
}

std::string encode_head(const Request& head) {
  const Conversation& conversation = head.conversation;
  Json body = {{"model", head.model}, {"max_tokens", 1}};
  if (const char* mode = name_of(conversation.thinking.mode)) body["thinking"] = {{"type", mode}};
  body["system"] = Json::array();
  for (const auto& text : conversation.system) body["system"].push_back(encode_text(text));
  body["tools"] = Json::array();
  for (const Tool& tool : conversation.tools) body["tools"].push_back(encode_tool(tool));
  body["messages"] = Json::array();
  for (const Message& message : conversation.messages) {
    Json content = Json::array();
    for (const Block& block : message.blocks) {
      if (const auto* text = std::get_if<TextBlock>(&block)) {
        content.push_back(encode_text(text->text));
      }
    }
    body["messages"].push_back({{"role", "user"}, {"content", std::move(content)}});
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Request> decode_head(const std::string& json) {
  auto decoded = TRY(decode_messages_request(json));
  return std::move(decoded.request);
}

}  // namespace anyclaude
