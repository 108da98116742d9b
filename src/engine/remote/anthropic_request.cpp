#include "engine/remote/anthropic_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/remote/sampling.h"
#include "protocol/json_writer.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

class RequestWriter {
 public:
  RequestWriter(const CanonicalConversation& canonical, const Conversation& conversation)
      : canonical_(canonical), conversation_(conversation) {}

  std::string request(const Addressee& addressee) {
    json_.open('{');
    json_.text("model", addressee.model);
    json_.raw("stream", "true");
    json_.raw("max_tokens", std::to_string(std::max(1, addressee.max_tokens)));
    // Left out, it means the same to Anthropic's own server; to others, whatever their model does.
    if (!canonical_.thinking) json_.raw("thinking", R"({"type":"disabled"})");
    if (addressee.takes_template_options) write_thinking(json_, canonical_.thinking);
    write_sampling(json_, conversation_, "stop_sequences");
    if (!conversation_.output_schema_json.empty()) {
      json_.raw("output_config", fmt::format(R"({{"format":{{"type":"json_schema","schema":{}}}}})",
                                             conversation_.output_schema_json));
    }
    return prompt();
  }

  std::string count(const std::string& model) {
    json_.open('{');
    json_.text("model", model);
    return prompt();
  }

 private:
  std::string prompt() {
    if (!canonical_.tools.empty()) tools();
    if (canonical_.messages.front().role == CanonicalRole::system) {
      json_.text("system", canonical_.messages.front().text);
    }
    json_.key("messages");
    json_.open('[');
    for (const CanonicalMessage& message : canonical_.messages) add(message);
    end_message();
    if (!canonical_.prefill.empty()) {
      begin_message("assistant");
      text_block(canonical_.prefill);
      end_message();
    }
    json_.close(']');
    json_.close('}');
    return std::move(out_);
  }

  void tools() {
    json_.key("tools");
    json_.open('[');
    for (const Tool& tool : canonical_.tools) {
      json_.element();
      json_.open('{');
      json_.text("name", tool.name);
      json_.text("description", tool.description);
      json_.raw("input_schema",
                tool.input_schema_json == "{}" ? R"({"type":"object"})" : tool.input_schema_json);
      json_.close('}');
    }
    json_.close(']');
    const ToolChoice& choice = conversation_.tool_choice;
    std::string_view type = "auto";
    if (choice.mode == ToolChoice::Mode::any) type = "any";
    if (choice.mode == ToolChoice::Mode::tool) type = "tool";
    if (choice.mode == ToolChoice::Mode::none) type = "none";
    if (type == "auto" && choice.parallel) return;
    json_.key("tool_choice");
    json_.open('{');
    json_.text("type", type);
    if (choice.mode == ToolChoice::Mode::tool) json_.text("name", choice.name);
    if (!choice.parallel) json_.raw("disable_parallel_tool_use", "true");
    json_.close('}');
  }

  // Results and the words behind them are one user turn there.
  void add(const CanonicalMessage& message) {
    if (message.role == CanonicalRole::system) return;
    const bool assistant = message.role == CanonicalRole::assistant;
    begin_message(assistant ? "assistant" : "user");
    if (message.role == CanonicalRole::tool) {
      begin_block("tool_result");
      json_.text("tool_use_id", message.tool_call_id);
      json_.text("content", message.text);
      json_.close('}');
      return;
    }
    if (!message.text.empty()) text_block(message.text);
    for (const MediaBlock& image : message.images) image_block(image);
    for (const CanonicalCall& call : message.calls) {
      begin_block("tool_use");
      json_.text("id", call.id);
      json_.text("name", call.name);
      json_.raw("input", call.arguments_json);
      json_.close('}');
    }
  }

  void begin_message(std::string_view role) {
    if (role_ == role) return;
    end_message();
    role_ = role;
    json_.element();
    json_.open('{');
    json_.text("role", role);
    json_.key("content");
    json_.open('[');
    empty_ = true;
  }

  void end_message() {
    if (role_.empty()) return;
    if (empty_) text_block(" ");  // an empty turn is refused
    json_.close(']');
    json_.close('}');
    role_ = {};
  }

  void begin_block(std::string_view type) {
    empty_ = false;
    json_.element();
    json_.open('{');
    json_.text("type", type);
  }

  void text_block(std::string_view text) {
    begin_block("text");
    json_.text("text", text);
    json_.close('}');
  }

  void image_block(const MediaBlock& image) {
    begin_block("image");
    json_.key("source");
    json_.open('{');
    if (image.data.starts_with("http")) {
      json_.text("type", "url");
      json_.text("url", image.data);
    } else {
      json_.text("type", "base64");
      json_.text("media_type", image.media_type);
      json_.text("data", image.data);
    }
    json_.close('}');
    json_.close('}');
  }

  const CanonicalConversation& canonical_;
  const Conversation& conversation_;
  std::string out_;
  JsonWriter json_{out_};
  std::string_view role_;  // of the open message; empty: none
  bool empty_ = true;      // it has no block yet
};

}  // namespace

std::string encode_anthropic_request(const CanonicalConversation& canonical,
                                     const Conversation& conversation, const Addressee& addressee) {
  return RequestWriter(canonical, conversation).request(addressee);
}

std::string encode_anthropic_count(const CanonicalConversation& canonical,
                                   const Conversation& conversation, const std::string& model) {
  return RequestWriter(canonical, conversation).count(model);
}

}  // namespace anyclaude
