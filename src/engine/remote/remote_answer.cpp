#include "engine/remote/remote_answer.h"

#include <utility>

namespace anyclaude {

Result<void> OpenAiRemoteAnswer::take(SseEvent event, std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto taken = answer_.take_chunk(std::move(event.data), raw);
  pass_on(raw, events);
  return taken;
}

Result<void> OpenAiRemoteAnswer::take_whole(std::string body, std::vector<Event>& events) {
  return take({.event = {}, .data = std::move(body), .id = {}}, events);
}

Result<void> OpenAiRemoteAnswer::end(std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto ended = answer_.end(raw);
  // The text's end stands before calls that came in their own field.
  text_.end(events);
  pass_on(raw, events);
  text_.end(events);
  return ended;
}

void OpenAiRemoteAnswer::pass_on(std::vector<Event>& raw, std::vector<Event>& events) {
  for (Event& event : raw) {
    if (const auto* text = std::get_if<TextDelta>(&event)) {
      text_.take(text->text, events);
    } else {
      events.push_back(std::move(event));
    }
  }
}

Finish OpenAiRemoteAnswer::finish() const {
  Finish finish;
  finish.reason = answer_.stop_reason();
  if (text_.called() && finish.reason != StopReason::max_tokens) {
    finish.reason = StopReason::tool_use;
  }
  if (finish.reason == StopReason::stop_sequence) finish.stop_sequence = answer_.stop_sequence();
  finish.usage = answer_.usage().value_or(Usage());
  return finish;
}

}  // namespace anyclaude
