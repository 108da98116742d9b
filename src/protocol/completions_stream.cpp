#include "protocol/completions_stream.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/json_string.h"
#include "protocol/sse.h"

namespace anyclaude {

CompletionStream::CompletionStream(const CompletionHead& head, bool include_usage)
    : head_(encode_completion_head(head, "chat.completion.chunk")), include_usage_(include_usage) {}

std::string CompletionStream::start(uint32_t /*prompt_tokens*/) {
  std::string out;
  delta(out, R"("role":"assistant","content":"")");
  return out;
}

std::string CompletionStream::event(const Event& event) {
  std::string out;
  if (const auto* text = std::get_if<TextDelta>(&event)) {
    if (!text->text.empty()) delta(out, "\"content\":" + json_string(text->text));
  } else if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) {
    if (!thinking->text.empty()) {
      delta(out, "\"reasoning_content\":" + json_string(thinking->text));
    }
  } else if (const auto* start = std::get_if<ToolUseStart>(&event)) {
    end_call(out);
    ++calls_;
    has_arguments_ = false;
    call_delta(out, fmt::format(R"("id":{},"type":"function",)"
                                R"("function":{{"name":{},"arguments":""}})",
                                json_string(start->id), json_string(start->name)));
  } else if (const auto* input = std::get_if<ToolInputDelta>(&event)) {
    if (calls_ == 0 || input->json.empty()) return out;
    has_arguments_ = true;
    call_delta(out, fmt::format(R"("function":{{"arguments":{}}})", json_string(input->json)));
  }
  return out;
}

std::string CompletionStream::finish(const Finish& finish) {
  std::string out;
  end_call(out);
  delta(out, "", fmt::format(R"("{}")", finish_reason_name(finish.reason)));
  if (include_usage_) chunk(out, "", encode_completion_usage(finish.usage));
  append_sse(out, "", "[DONE]");
  return out;
}

std::string CompletionStream::error(std::string_view body) {
  std::string out;
  append_sse(out, "", body);
  return out;
}

// A comment: an event of a kind of its own would be one more chunk to clients.
std::string CompletionStream::ping() const { return ": ping\n\n"; }

void CompletionStream::end_call(std::string& out) {
  if (!std::exchange(has_arguments_, true)) call_delta(out, R"("function":{"arguments":"{}"})");
}

void CompletionStream::call_delta(std::string& out, std::string_view members) const {
  delta(out, fmt::format(R"("tool_calls":[{{"index":{},{}}}])", calls_ - 1, members));
}

void CompletionStream::delta(std::string& out, std::string_view members,
                             std::string_view finish_reason) const {
  chunk(out,
        fmt::format(R"({{"index":0,"delta":{{{}}},"logprobs":null,"finish_reason":{}}})", members,
                    finish_reason),
        "null");
}

void CompletionStream::chunk(std::string& out, std::string_view choices,
                             std::string_view usage) const {
  // Who did not ask for usage is not told of it, as elsewhere.
  const std::string told = include_usage_ ? fmt::format(R"(,"usage":{})", usage) : "";
  append_sse(out, "", fmt::format(R"({{{},"choices":[{}]{}}})", head_, choices, told));
}

}  // namespace anyclaude
