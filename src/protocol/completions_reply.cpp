#include "protocol/completions_reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

// "messages.3.role" of "messages.3.role: Field required"; empty where the message begins otherwise.
std::string_view path_in(std::string_view message) {
  const std::string_view path = message.substr(0, message.find(": "));
  const bool is_path = path.size() < message.size() && std::ranges::all_of(
                                                           path,
                                                           [](char c) {
                                                             return (c >= 'a' && c <= 'z') ||
                                                                    (c >= '0' && c <= '9') ||
                                                                    c == '_' || c == '.';
                                                           });
  return is_path ? path : std::string_view();
}

std::string_view error_code(int status, std::string_view path, std::string_view message) {
  if (status == 401) return "invalid_api_key";
  if (status == 404 && path == "model") return "model_not_found";
  if (status == 429) return "rate_limit_exceeded";
  // Clients that know it shorten the conversation.
  if (status == 400 && message.starts_with("prompt is too long")) return "context_length_exceeded";
  return {};
}

std::string string_or_null(std::string_view text) {
  return text.empty() ? "null" : json_string(text);
}

std::string encode_call(const ToolUseBlock& call) {
  return fmt::format(
      R"({{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}})",
      json_string(call.id), json_string(call.name),
      json_string(call.input_json.empty() ? "{}" : std::string_view(call.input_json)));
}

}  // namespace

void WholeCompletion::add(const Event& event) {
  if (const auto* text = std::get_if<TextDelta>(&event)) {
    text_ += text->text;
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) {
    thinking_ += thinking->text;
  } else if (const auto* start = std::get_if<ToolUseStart>(&event)) {
    calls_.push_back({start->id, start->name, ""});
  } else if (const auto* input = std::get_if<ToolInputDelta>(&event)) {
    if (!calls_.empty()) calls_.back().input_json += input->json;
  }
}

std::string WholeCompletion::encode(const Finish& finish) const {
  std::string message = fmt::format(R"({{"role":"assistant","content":{},"refusal":null)",
                                    text_.empty() && !calls_.empty() ? "null" : json_string(text_));
  if (!thinking_.empty()) message += ",\"reasoning_content\":" + json_string(thinking_);
  std::string calls;
  for (const ToolUseBlock& call : calls_) {
    calls += (calls.empty() ? "" : ",") + encode_call(call);
  }
  if (!calls.empty()) message += ",\"tool_calls\":[" + calls + "]";
  return fmt::format(
      R"({{{},"choices":[{{"index":0,"message":{}}},"logprobs":null,"finish_reason":"{}"}}],)"
      R"("usage":{}}})",
      encode_completion_head(head_, "chat.completion"), message, finish_reason_name(finish.reason),
      encode_completion_usage(finish.usage));
}

std::string encode_completion_head(const CompletionHead& head, std::string_view object) {
  return fmt::format(R"("id":{},"object":"{}","created":{},"model":{})", json_string(head.id),
                     object, head.created, json_string(head.model));
}

std::string encode_completion_usage(const Usage& usage) {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":{}}}}})",
                     usage.prompt_tokens, usage.output_tokens,
                     uint64_t{usage.prompt_tokens} + usage.output_tokens,
                     std::min(usage.prompt_tokens_cached, usage.prompt_tokens));
}

const char* finish_reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::end_turn:
    case StopReason::stop_sequence:
      return "stop";
    case StopReason::max_tokens:
      return "length";
    case StopReason::tool_use:
      return "tool_calls";
  }
  return "stop";
}

std::string encode_completions_error(int status, std::string_view message) {
  const std::string_view path = path_in(message);
  const std::string_view type = status == 429  ? "rate_limit_error"
                                : status < 500 ? "invalid_request_error"
                                               : "server_error";
  return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":{},"code":{}}}}})",
                     json_string(message), type, string_or_null(path),
                     string_or_null(error_code(status, path, message)));
}

std::string encode_completions_model(const ListedModel& model) {
  return fmt::format(R"({{"id":{},"object":"model","created":{},"owned_by":"anyclaude"}})",
                     json_string(model.id), model.created_at);
}

std::string encode_completions_models(const std::vector<ListedModel>& models) {
  std::string data;
  for (const ListedModel& model : models) {
    if (!data.empty()) data += ',';
    data += encode_completions_model(model);
  }
  return fmt::format(R"({{"object":"list","data":[{}]}})", data);
}

}  // namespace anyclaude
