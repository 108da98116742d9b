#include "protocol/openai_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "protocol/json_fields.h"
#include "protocol/received.h"

namespace anyclaude {
namespace {

std::unexpected<Error> broken(std::string_view what) {
  return fail(Error::Kind::upstream, fmt::format("The model's server sent {}.", what));
}

// Null unless it is a string.
std::string* text_of(Json& object, std::string_view key) {
  Json* value = find_member(object, key);
  return value && value->is_string() ? value->get_ptr<std::string*>() : nullptr;
}

uint32_t count_of(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  return static_cast<uint32_t>(std::clamp(found->get<double>(), 0.0, 4e9));
}

// {"error": {"message": ...}}, {"error": "..."}, {"message": ...}, {"detail": ...}
std::string message_in(Json& body, size_t bytes_max) {
  if (!body.is_object()) return {};
  if (Json* error = find_member(body, "error")) {
    if (error->is_string()) return one_line(error->get_ref<std::string&>(), bytes_max);
    if (error->is_object()) {
      if (const auto* text = text_of(*error, "message")) return one_line(*text, bytes_max);
    }
  }
  for (const char* key : {"message", "detail"}) {
    if (const auto* text = text_of(body, key)) return one_line(*text, bytes_max);
  }
  return {};
}

}  // namespace

Result<void> OpenAiAnswer::take_chunk(std::string chunk, std::vector<Event>& events) {
  if (done_) return {};
  if (chunk == "[DONE]") {
    done_ = true;
    return {};
  }
  auto parsed = parse_json(std::move(chunk), limits_.json);
  if (!parsed || !parsed->is_object()) return broken("something that is not JSON");
  Json& body = *parsed;
  const bool failed = find_member(body, "error") != nullptr;
  if (failed || body.value("object", "") == "error") {
    const std::string message = message_in(body, limits_.message_bytes_max);
    return fail(Error::Kind::upstream, message.empty()
                                           ? "The model's server failed."
                                           : fmt::format("The model's server says: {}", message));
  }
  take_usage(body);
  Json* choices = find_member(body, "choices");
  if (!choices || !choices->is_array() || choices->empty()) return {};
  Json& choice = choices->front();
  if (!choice.is_object()) return broken("a choice that is none");
  return take_choice(choice, events);
}

Result<void> OpenAiAnswer::take_choice(Json& choice, std::vector<Event>& events) {
  Json* delta = find_member(choice, "delta");
  if (!delta) delta = find_member(choice, "message");
  if (delta && delta->is_object()) {
    for (const char* key : {"reasoning", "reasoning_content"}) {
      std::string* text = text_of(*delta, key);
      if (!text || text->empty()) continue;
      events.emplace_back(ThinkingDelta{std::move(*text)});
      break;  // a server that sends both says the same twice
    }
    if (Json* content = find_member(*delta, "content")) take_content(*content, events);
  }
  if (std::string* reason = text_of(choice, "finish_reason"); reason && finish_reason_.empty()) {
    finish_reason_ = std::move(*reason);
  }
  // vLLM's: the stop sequence that was met.
  if (std::string* met = text_of(choice, "stop_reason")) stop_sequence_ = std::move(*met);
  Json* calls = delta && delta->is_object() ? find_member(*delta, "tool_calls") : nullptr;
  return calls ? take_calls(*calls) : Result<void>();
}

void OpenAiAnswer::take_content(Json& content, std::vector<Event>& events) {
  const auto give_text = [&](std::string& text) {
    if (!text.empty()) events.emplace_back(TextDelta{std::move(text)});
  };
  if (content.is_string()) return give_text(content.get_ref<std::string&>());
  if (!content.is_array()) return;
  for (Json& part : content) {
    if (!part.is_object()) continue;
    if (std::string* text = text_of(part, "text")) give_text(*text);
  }
}

Result<void> OpenAiAnswer::take_calls(Json& calls) {
  if (!calls.is_array()) return broken("tool calls that are no list");
  for (size_t at = 0; at < calls.size(); ++at) {
    Json& value = calls[at];
    if (!value.is_object()) return broken("a tool call that is none");
    std::string* id = text_of(value, "id");
    const Json* counted = find_member(value, "index");
    const bool numbered = counted && counted->is_number_unsigned();
    // Without a number a call goes on unless another id begins one.
    const size_t index = numbered ? counted->get<size_t>()
                         : calls_.empty() || (id && calls_.back().id != *id) ? calls_.size()
                                                                             : calls_.back().index;
    auto call = std::ranges::find(calls_, index, &Call::index);
    if (call == calls_.end()) {
      if (calls_.size() == limits_.calls_max) return broken("too many tool calls");
      call = calls_.insert(calls_.end(), Call{index, {}, {}, {}});
    }
    if (id && call->id.empty()) call->id = std::move(*id);
    Json* function = find_member(value, "function");
    if (!function || !function->is_object()) continue;
    // Some send the whole name with each piece.
    if (const std::string* name = text_of(*function, "name"); name && call->name.empty()) {
      call->name = *name;
    }
    Json* arguments = find_member(*function, "arguments");
    if (!arguments) continue;
    const std::string piece =
        arguments->is_string() ? arguments->get<std::string>() : arguments->dump();
    call_bytes_ += piece.size();
    if (call_bytes_ > limits_.call_bytes_max) return broken("a tool call without end");
    call->arguments += piece;
  }
  return {};
}

void OpenAiAnswer::take_usage(const Json& chunk) {
  const auto found = chunk.find("usage");
  if (found == chunk.end() || !found->is_object()) return;
  Usage usage;
  usage.prompt_tokens = count_of(*found, "prompt_tokens");
  usage.output_tokens = count_of(*found, "completion_tokens");
  const auto details = found->find("prompt_tokens_details");
  if (details != found->end() && details->is_object()) {
    usage.prompt_tokens_cached = std::min(count_of(*details, "cached_tokens"), usage.prompt_tokens);
  }
  usage_ = usage;
}

Result<void> OpenAiAnswer::end(std::vector<Event>& events) {
  if (!done_ && finish_reason_.empty()) {
    return fail(Error::Kind::upstream, "The model's server stopped in the middle of its answer.");
  }
  for (Call& call : calls_) {
    ToolUseBlock block{std::move(call.id), std::move(call.name), std::move(call.arguments)};
    called_ |= give_call(std::move(block), limits_.json, events);
  }
  calls_.clear();
  return {};
}

StopReason OpenAiAnswer::stop_reason() const {
  if (finish_reason_ == "length") return StopReason::max_tokens;
  if (called_) return StopReason::tool_use;  // also where the server says "stop"
  return stop_sequence_.empty() ? StopReason::end_turn : StopReason::stop_sequence;
}

std::string openai_error_message(const std::string& body, size_t bytes_max) {
  auto parsed = parse_json(body, {});
  return parsed ? message_in(*parsed, bytes_max) : std::string();
}

}  // namespace anyclaude
