#include "engine/remote/openai_request.h"

#include <fmt/format.h>

#include <string_view>

#include "engine/remote/sampling.h"
#include "protocol/json_string.h"
#include "protocol/json_writer.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

class RequestWriter {
 public:
  RequestWriter(const CanonicalConversation& canonical, const Conversation& conversation)
      : canonical_(canonical), conversation_(conversation) {}

  std::string run(const Addressee& addressee) {
    json_.open('{');
    json_.text("model", addressee.model);
    json_.raw("stream", "true");
    json_.raw("stream_options", R"({"include_usage":true})");
    if (addressee.max_tokens > 0) {
      json_.raw("max_tokens", std::to_string(addressee.max_tokens));
    }
    if (addressee.takes_template_options) write_thinking(json_, canonical_.thinking);
    write_sampling(json_, conversation_, "stop");
    if (!conversation_.output_schema_json.empty()) {
      json_.raw("response_format",
                fmt::format(R"({{"type":"json_schema","json_schema":{{"name":"answer",)"
                            R"("strict":true,"schema":{}}}}})",
                            conversation_.output_schema_json));
    }
    if (!canonical_.tools.empty()) tools();
    json_.key("messages");
    json_.open('[');
    for (const CanonicalMessage& message : canonical_.messages) add(message);
    if (!canonical_.prefill.empty()) {
      add({CanonicalRole::assistant, canonical_.prefill, {}, {}, {}, {}});
    }
    json_.close(']');
    json_.close('}');
    return std::move(out_);
  }

 private:
  void tools() {
    json_.key("tools");
    json_.open('[');
    for (const Tool& tool : canonical_.tools) {
      json_.element();
      json_.open('{');
      json_.text("type", "function");
      json_.key("function");
      json_.open('{');
      json_.text("name", tool.name);
      json_.text("description", tool.description);
      json_.raw("parameters", parameters_of(tool));
      json_.close('}');
      json_.close('}');
    }
    json_.close(']');
    const ToolChoice& choice = conversation_.tool_choice;
    switch (choice.mode) {
      case ToolChoice::Mode::automatic:
        break;  // what they all do by themselves
      case ToolChoice::Mode::any:
        json_.text("tool_choice", "required");
        break;
      case ToolChoice::Mode::none:
        json_.text("tool_choice", "none");
        break;
      case ToolChoice::Mode::tool:
        json_.raw("tool_choice", fmt::format(R"({{"type":"function","function":{{"name":{}}}}})",
                                             json_string(choice.name)));
        break;
    }
    if (!choice.parallel) json_.raw("parallel_tool_calls", "false");
  }

  // Some servers refuse a schema without a type.
  static std::string_view parameters_of(const Tool& tool) {
    return tool.input_schema_json == "{}" ? std::string_view(R"({"type":"object","properties":{}})")
                                          : std::string_view(tool.input_schema_json);
  }

  void add(const CanonicalMessage& message) {
    json_.element();
    json_.open('{');
    switch (message.role) {
      case CanonicalRole::system:
        json_.text("role", "system");
        break;
      case CanonicalRole::user:
        json_.text("role", "user");
        break;
      case CanonicalRole::assistant:
        json_.text("role", "assistant");
        break;
      case CanonicalRole::tool:
        json_.text("role", "tool");
        json_.text("tool_call_id", message.tool_call_id);
        break;
    }
    content(message);
    if (!message.calls.empty()) calls(message);
    json_.close('}');
  }

  void content(const CanonicalMessage& message) {
    if (message.images.empty()) return json_.text("content", message.text);
    json_.key("content");
    json_.open('[');
    if (!message.text.empty()) {
      json_.element();
      json_.open('{');
      json_.text("type", "text");
      json_.text("text", message.text);
      json_.close('}');
    }
    for (const MediaBlock& image : message.images) {
      const bool address = image.data.starts_with("http");
      json_.element();
      json_.open('{');
      json_.text("type", "image_url");
      json_.raw("image_url",
                fmt::format(R"({{"url":{}}})",
                            json_string(address ? image.data
                                                : fmt::format("data:{};base64,{}", image.media_type,
                                                              image.data))));
      json_.close('}');
    }
    json_.close(']');
  }

  void calls(const CanonicalMessage& message) {
    json_.key("tool_calls");
    json_.open('[');
    for (const CanonicalCall& call : message.calls) {
      json_.element();
      json_.open('{');
      json_.text("id", call.id);
      json_.text("type", "function");
      json_.key("function");
      json_.open('{');
      json_.text("name", call.name);
      json_.text("arguments", call.arguments_json);
      json_.close('}');
      json_.close('}');
    }
    json_.close(']');
  }

  const CanonicalConversation& canonical_;
  const Conversation& conversation_;
  std::string out_;
  JsonWriter json_{out_};
};

}  // namespace

std::string encode_openai_request(const CanonicalConversation& canonical,
                                  const Conversation& conversation, const Addressee& addressee) {
  return RequestWriter(canonical, conversation).run(addressee);
}

}  // namespace anyclaude
