#include "bench/request_body.h"

#include <string_view>
#include <variant>

#include "protocol/json_writer.h"

namespace anyclaude {
namespace {

// Where Claude Code marks the end of what it expects to be kept.
constexpr std::string_view cached = R"({"type":"ephemeral"})";

void append_text_block(JsonWriter& json, std::string_view text, bool marked) {
  json.element();
  json.open('{');
  json.text("type", "text");
  json.text("text", text);
  if (marked) json.raw("cache_control", cached);
  json.close('}');
}

std::string text_of(const ToolResultBlock& result) {
  std::string out;
  for (const auto& part : result.content) {
    if (const auto* text = std::get_if<TextBlock>(&part)) out += text->text;
  }
  return out;
}

// Up to the first message.
void open_body(JsonWriter& json, const Conversation& conversation, const std::string& model) {
  json.open('{');
  json.text("model", model);
  json.raw("max_tokens", std::to_string(conversation.max_tokens));
  json.key("messages");
  json.open('[');
}

std::string_view name_of(Role role) {
  return role == Role::assistant ? "assistant" : role == Role::system ? "system" : "user";
}

// ---- Messages -----------------------------------------------------------------------------------

void append_blocks(JsonWriter& json, const Message& message, bool last) {
  json.key("content");
  json.open('[');
  for (const Block& block : message.blocks) {
    const bool marked = last && &block == &message.blocks.back();
    if (const auto* text = std::get_if<TextBlock>(&block)) {
      append_text_block(json, text->text, marked);
    } else if (const auto* call = std::get_if<ToolUseBlock>(&block)) {
      json.element();
      json.open('{');
      json.text("type", "tool_use");
      json.text("id", call->id);
      json.text("name", call->name);
      json.raw("input", call->input_json);
      json.close('}');
    } else if (const auto* result = std::get_if<ToolResultBlock>(&block)) {
      json.element();
      json.open('{');
      json.text("type", "tool_result");
      json.text("tool_use_id", result->tool_use_id);
      json.text("content", text_of(*result));
      if (marked) json.raw("cache_control", cached);
      json.close('}');
    }
  }
  json.close(']');
}

std::string messages_body(const Conversation& conversation, const std::string& model) {
  std::string out;
  JsonWriter json(out);
  open_body(json, conversation, model);
  for (const Message& message : conversation.messages) {
    json.element();
    json.open('{');
    json.text("role", name_of(message.role));
    append_blocks(json, message, &message == &conversation.messages.back());
    json.close('}');
  }
  json.close(']');
  json.key("system");
  json.open('[');
  for (const std::string& text : conversation.system) {
    append_text_block(json, text, &text == &conversation.system.back());
  }
  json.close(']');
  if (!conversation.tools.empty()) {
    json.key("tools");
    json.open('[');
    for (const Tool& tool : conversation.tools) {
      json.element();
      json.open('{');
      json.text("name", tool.name);
      json.text("description", tool.description);
      json.raw("input_schema", tool.input_schema_json);
      json.close('}');
    }
    json.close(']');
  }
  json.raw("stream", "true");
  json.close('}');
  return out;
}

// ---- Chat Completions ---------------------------------------------------------------------------

void append_calls(JsonWriter& json, const Message& message) {
  bool any = false;
  for (const Block& block : message.blocks) {
    const auto* call = std::get_if<ToolUseBlock>(&block);
    if (!call) continue;
    if (!any) {
      json.key("tool_calls");
      json.open('[');
      any = true;
    }
    json.element();
    json.open('{');
    json.text("id", call->id);
    json.text("type", "function");
    json.key("function");
    json.open('{');
    json.text("name", call->name);
    json.text("arguments", call->input_json);
    json.close('}');
    json.close('}');
  }
  if (any) json.close(']');
}

// Results are messages of their own; the texts of a turn become one.
void append_messages(JsonWriter& json, const Message& message) {
  std::string text;
  bool others = message.role == Role::assistant;
  for (const Block& block : message.blocks) {
    if (const auto* said = std::get_if<TextBlock>(&block)) {
      text += (text.empty() ? "" : "\n\n") + said->text;
      others = true;
    } else if (const auto* result = std::get_if<ToolResultBlock>(&block)) {
      json.element();
      json.open('{');
      json.text("role", "tool");
      json.text("tool_call_id", result->tool_use_id);
      json.text("content", text_of(*result));
      json.close('}');
    }
  }
  if (!others) return;
  json.element();
  json.open('{');
  json.text("role", name_of(message.role));
  json.text("content", text);
  append_calls(json, message);
  json.close('}');
}

std::string completions_body(const Conversation& conversation, const std::string& model) {
  std::string system;
  for (const std::string& text : conversation.system) {
    system += (system.empty() ? "" : "\n\n") + text;
  }
  std::string out;
  JsonWriter json(out);
  open_body(json, conversation, model);
  if (!system.empty()) {
    json.element();
    json.open('{');
    json.text("role", "system");
    json.text("content", system);
    json.close('}');
  }
  for (const Message& message : conversation.messages) append_messages(json, message);
  json.close(']');
  if (!conversation.tools.empty()) {
    json.key("tools");
    json.open('[');
    for (const Tool& tool : conversation.tools) {
      json.element();
      json.open('{');
      json.text("type", "function");
      json.key("function");
      json.open('{');
      json.text("name", tool.name);
      json.text("description", tool.description);
      json.raw("parameters", tool.input_schema_json);
      json.close('}');
      json.close('}');
    }
    json.close(']');
  }
  json.raw("stream", "true");
  json.raw("stream_options", R"({"include_usage":true})");
  json.close('}');
  return out;
}

}  // namespace

std::string request_body(BenchApi api, const Conversation& conversation, const std::string& model) {
  return api == BenchApi::messages ? messages_body(conversation, model)
                                   : completions_body(conversation, model);
}

}  // namespace anyclaude
