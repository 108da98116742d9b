#include "engine/remote/remote_answer.h"

#include <utility>

namespace anyclaude {
namespace {

// What a server calls text may hold thinking and calls; all else goes on as it is.
void pass_on(std::vector<Event>& raw, AnswerText& text, std::vector<Event>& events) {
  for (Event& event : raw) {
    if (const auto* words = std::get_if<TextDelta>(&event)) {
      text.take(words->text, events);
    } else {
      events.push_back(std::move(event));
    }
  }
}

void count_calls(const AnswerText& text, Finish& finish) {
  if (text.called() && finish.reason != StopReason::max_tokens) {
    finish.reason = StopReason::tool_use;
  }
}

}  // namespace

// ---- Chat Completions ---------------------------------------------------------------------------

Result<void> OpenAiRemoteAnswer::take(SseEvent event, std::vector<Event>& events) {
  return take_whole(std::move(event.data), events);
}

// It has the form of a chunk.
Result<void> OpenAiRemoteAnswer::take_whole(std::string body, std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto taken = answer_.take_chunk(std::move(body), raw);
  pass_on(raw, text_, events);
  return taken;
}

Result<void> OpenAiRemoteAnswer::end(std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto ended = answer_.end(raw);
  // The text's end stands before calls that came in their own field.
  text_.end(events);
  pass_on(raw, text_, events);
  text_.end(events);
  return ended;
}

Finish OpenAiRemoteAnswer::finish() const {
  Finish finish;
  finish.reason = answer_.stop_reason();
  if (finish.reason == StopReason::stop_sequence) finish.stop_sequence = answer_.stop_sequence();
  finish.usage = answer_.usage().value_or(Usage());
  count_calls(text_, finish);
  return finish;
}

// ---- Messages -----------------------------------------------------------------------------------

Result<void> AnthropicRemoteAnswer::take(SseEvent event, std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto taken = answer_.take_event(std::move(event.data), raw);
  pass_on(raw, text_, events);
  return taken;
}

Result<void> AnthropicRemoteAnswer::take_whole(std::string body, std::vector<Event>& events) {
  std::vector<Event> raw;
  const auto taken = answer_.take_message(std::move(body), raw);
  pass_on(raw, text_, events);
  return taken;
}

Result<void> AnthropicRemoteAnswer::end(std::vector<Event>& events) {
  text_.end(events);
  return answer_.end();
}

Finish AnthropicRemoteAnswer::finish() const {
  Finish finish = answer_.finish();
  count_calls(text_, finish);
  return finish;
}

// ---- Passed on ----------------------------------------------------------------------------------

Result<void> PassedOnAnswer::take(SseEvent event, std::vector<Event>& events) {
  std::vector<Event> ignored;
  TRY_VOID(answer_.take_event(event.data, ignored));
  if (event.event == "message_start" || event.event == "ping") return {};
  events.emplace_back(PassedOn{std::move(event.event), std::move(event.data)});
  return {};
}

Result<void> PassedOnAnswer::take_whole(std::string body, std::vector<Event>& events) {
  std::vector<Event> ignored;
  TRY_VOID(answer_.take_message(body, ignored));
  events.emplace_back(PassedOn{{}, std::move(body)});
  return {};
}

}  // namespace anyclaude
