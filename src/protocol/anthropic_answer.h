// Answers of a server that speaks the Messages API, made into events: the other side of
// protocol/anthropic_stream.h. Servers that are not Anthropic's fill usage only at the end.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/json_text.h"

namespace anyclaude {

struct AnthropicAnswerLimits {
  JsonLimits json;
  size_t call_bytes_max = 16u << 20;  // of the input of one call
};

// Not thread-safe.
class AnthropicAnswer {
 public:
  explicit AnthropicAnswer(AnthropicAnswerLimits limits = {}) : limits_(limits) {}

  // The data of one server-sent event; appends what it says. A call is given when it is complete.
  // Error::upstream for what is none, Error::overloaded where the server says that it is.
  Result<void> take_event(std::string data, std::vector<Event>& events);
  // A whole message, from an answer that is not streamed.
  Result<void> take_message(std::string body, std::vector<Event>& events);
  // The server has no more to say. Error::upstream where it stopped in the middle.
  Result<void> end() const;

  // After `end`.
  const Finish& finish() const { return finish_; }

 private:
  Result<void> begin_block(Json& block, std::vector<Event>& events);
  Result<void> take_delta(Json& delta, std::vector<Event>& events);
  void end_block(std::vector<Event>& events);
  void take_stop(Json& message);
  void take_usage(Json& holder);

  const AnthropicAnswerLimits limits_;
  bool in_call_ = false;
  ToolUseBlock call_;
  bool stopped_ = false;
  Finish finish_;
};

}  // namespace anyclaude
