#include "protocol/anthropic_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/json_fields.h"
#include "protocol/received.h"

namespace anyclaude {
namespace {

constexpr size_t message_bytes_max = 1000;

std::unexpected<Error> broken(std::string_view what) {
  return fail(Error::Kind::upstream, fmt::format("The model's server sent {}.", what));
}

std::string text_of(Json& object, std::string_view key) {
  Json* value = find_member(object, key);
  return value && value->is_string() ? std::move(value->get_ref<std::string&>()) : std::string();
}

std::optional<uint32_t> count_of(Json& object, std::string_view key) {
  const Json* value = find_member(object, key);
  if (!value || !value->is_number()) return std::nullopt;
  return static_cast<uint32_t>(std::clamp(value->get<double>(), 0.0, 4e9));
}

// {"type":"error","error":{"type":...,"message":...}}
std::unexpected<Error> told_error(Json& event) {
  std::string type;
  std::string message;
  if (Json* error = find_member(event, "error"); error && error->is_object()) {
    type = text_of(*error, "type");
    message = one_line(text_of(*error, "message"), message_bytes_max);
  }
  const bool busy = type == "overloaded_error" || type == "rate_limit_error";
  return fail(busy ? Error::Kind::overloaded : Error::Kind::upstream,
              message.empty() ? "The model's server failed."
                              : fmt::format("The model's server says: {}", message));
}

Result<Json> received_object(std::string text, const JsonLimits& limits) {
  auto parsed = parse_json(std::move(text), limits);
  if (!parsed || !parsed->is_object()) return broken("something that is not JSON");
  return std::move(*parsed);
}

}  // namespace

Result<void> AnthropicAnswer::take_event(std::string data, std::vector<Event>& events) {
  Json event = TRY(received_object(std::move(data), limits_.json));
  const std::string type = text_of(event, "type");
  if (type == "error") return told_error(event);
  if (type == "message_start") {
    if (Json* message = find_member(event, "message"); message && message->is_object()) {
      take_usage(*message);
    }
  } else if (type == "content_block_start") {
    if (Json* block = find_member(event, "content_block")) return begin_block(*block, events);
  } else if (type == "content_block_delta") {
    if (Json* delta = find_member(event, "delta")) return take_delta(*delta, events);
  } else if (type == "content_block_stop") {
    end_block(events);
  } else if (type == "message_delta") {
    if (Json* delta = find_member(event, "delta"); delta && delta->is_object()) take_stop(*delta);
    take_usage(event);
  } else if (type == "message_stop") {
    stopped_ = true;
  }
  return {};
}

Result<void> AnthropicAnswer::take_message(std::string body, std::vector<Event>& events) {
  Json message = TRY(received_object(std::move(body), limits_.json));
  if (text_of(message, "type") == "error") return told_error(message);
  Json* content = find_member(message, "content");
  if (!content || !content->is_array()) return broken("a message without content");
  for (Json& block : *content) {
    TRY_VOID(begin_block(block, events));
    end_block(events);
  }
  take_stop(message);
  take_usage(message);
  stopped_ = true;
  return {};
}

// Also with all that it holds: some servers send a block's text in its beginning.
Result<void> AnthropicAnswer::begin_block(Json& block, std::vector<Event>& events) {
  if (!block.is_object()) return broken("a block that is none");
  end_block(events);
  const std::string type = text_of(block, "type");
  if (type == "tool_use") {
    call_ = {text_of(block, "id"), text_of(block, "name"), ""};
    const Json* input = find_member(block, "input");
    if (input && input->is_object() && !input->empty()) call_.input_json = input->dump();
    in_call_ = true;
  } else if (type == "text") {
    if (std::string text = text_of(block, "text"); !text.empty()) {
      events.emplace_back(TextDelta{std::move(text)});
    }
  } else if (type == "thinking") {
    if (std::string text = text_of(block, "thinking"); !text.empty()) {
      events.emplace_back(ThinkingDelta{std::move(text)});
    }
  }
  return {};
}

Result<void> AnthropicAnswer::take_delta(Json& delta, std::vector<Event>& events) {
  if (!delta.is_object()) return broken("a delta that is none");
  const std::string type = text_of(delta, "type");
  if (type == "text_delta") {
    events.emplace_back(TextDelta{text_of(delta, "text")});
  } else if (type == "thinking_delta") {
    events.emplace_back(ThinkingDelta{text_of(delta, "thinking")});
  } else if (type == "input_json_delta" && in_call_) {
    call_.input_json += text_of(delta, "partial_json");
    if (call_.input_json.size() > limits_.call_bytes_max) return broken("a tool call without end");
  }
  return {};
}

void AnthropicAnswer::end_block(std::vector<Event>& events) {
  if (!std::exchange(in_call_, false)) return;
  give_call(std::move(call_), limits_.json, events);
}

void AnthropicAnswer::take_stop(Json& message) {
  const std::string reason = text_of(message, "stop_reason");
  if (reason == "max_tokens") finish_.reason = StopReason::max_tokens;
  if (reason == "tool_use") finish_.reason = StopReason::tool_use;
  if (reason == "stop_sequence") {
    finish_.reason = StopReason::stop_sequence;
    finish_.stop_sequence = text_of(message, "stop_sequence");
  }
}

// Counts that come later are the better ones; those that are missing leave the earlier.
void AnthropicAnswer::take_usage(Json& holder) {
  Json* usage = find_member(holder, "usage");
  if (!usage || !usage->is_object()) return;
  if (const auto input = count_of(*usage, "input_tokens")) {
    const uint32_t read = count_of(*usage, "cache_read_input_tokens").value_or(0);
    const uint32_t made = count_of(*usage, "cache_creation_input_tokens").value_or(0);
    finish_.usage.prompt_tokens = *input + read + made;
    finish_.usage.prompt_tokens_cached = read;
  }
  if (const auto output = count_of(*usage, "output_tokens")) finish_.usage.output_tokens = *output;
}

Result<void> AnthropicAnswer::end() const {
  if (stopped_) return {};
  return fail(Error::Kind::upstream, "The model's server stopped in the middle of its answer.");
}

}  // namespace anyclaude
