#include "bench/reply_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/json_fields.h"
#include "protocol/openai_answer.h"

namespace anyclaude {
namespace {

std::optional<uint32_t> count_in(Json& object, std::string_view key) {
  const Json* value = find_member(object, key);
  if (!value || !value->is_number()) return std::nullopt;
  return static_cast<uint32_t>(std::clamp(value->get<double>(), 0.0, 4e9));
}

Json* object_in(Json& object, std::string_view key) {
  Json* value = find_member(object, key);
  return value && value->is_object() ? value : nullptr;
}

}  // namespace

Result<void> ReplyReader::take(std::string_view bytes) {
  const std::vector<SseEvent> events = TRY(parser_.feed(bytes));
  for (const SseEvent& event : events) TRY_VOID(take_event(event.data));
  return {};
}

Result<void> ReplyReader::take_event(const std::string& data) {
  if (api_ == BenchApi::completions && data == "[DONE]") {
    ended_ = begun_ = true;
    return {};
  }
  auto event = parse_json(data, {});
  if (!event || !event->is_object()) {
    return fail(Error::Kind::upstream, "it sent something that is not JSON");
  }
  if (find_member(*event, "error")) {
    const std::string message = openai_error_message(data, 300);
    return fail(Error::Kind::upstream, message.empty() ? "it failed in its answer" : message);
  }
  if (api_ == BenchApi::messages) {
    take_messages_event(*event);
  } else {
    take_completions_chunk(*event);
  }
  return {};
}

void ReplyReader::take_messages_event(Json& event) {
  const Json* told = find_member(event, "type");
  const std::string type = told && told->is_string() ? told->get<std::string>() : "";
  if (type == "content_block_delta" || type == "message_delta") begun_ = true;
  if (type == "message_stop") ended_ = true;
  if (Json* message = object_in(event, "message")) take_messages_usage(*message);
  take_messages_usage(event);
}

// Comes twice, and some servers know it at the end only.
void ReplyReader::take_messages_usage(Json& holder) {
  Json* usage = object_in(holder, "usage");
  if (!usage) return;
  const auto input = count_in(*usage, "input_tokens");
  const auto read = count_in(*usage, "cache_read_input_tokens");
  const auto made = count_in(*usage, "cache_creation_input_tokens");
  if (!input || *input + read.value_or(0) + made.value_or(0) == 0) return;
  tokens_.prompt = *input + read.value_or(0) + made.value_or(0);
  tokens_.reused = read;
}

void ReplyReader::take_completions_chunk(Json& chunk) {
  if (Json* usage = object_in(chunk, "usage")) {
    if (const auto prompt = count_in(*usage, "prompt_tokens"); prompt && *prompt > 0) {
      tokens_.prompt = prompt;
      Json* details = object_in(*usage, "prompt_tokens_details");
      const auto reused = details ? count_in(*details, "cached_tokens") : std::nullopt;
      tokens_.reused = reused ? std::optional(std::min(*reused, *prompt)) : std::nullopt;
    }
  }
  Json* choices = find_member(chunk, "choices");
  if (!choices || !choices->is_array() || choices->empty()) return;
  Json& choice = choices->front();
  if (!choice.is_object()) return;
  if (find_member(choice, "finish_reason")) ended_ = begun_ = true;
  Json* delta = object_in(choice, "delta");
  if (!delta) return;
  for (const char* key : {"content", "reasoning", "reasoning_content", "tool_calls"}) {
    const Json* said = find_member(*delta, key);
    const bool silent =
        !said || (said->is_string() ? said->get_ref<const std::string&>().empty() : said->empty());
    if (!silent) begun_ = true;
  }
}

Result<void> ReplyReader::end() const {
  if (ended_) return {};
  return fail(Error::Kind::upstream, "it stopped in the middle of its answer");
}

}  // namespace anyclaude
