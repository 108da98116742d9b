// The event stream of the Messages API (docs.anthropic.com/en/docs/build-with-claude/streaming):
// message_start, then blocks one after the other, then message_delta and message_stop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/chat.h"

namespace anyclaude {

// Turns the events of one answer into text/event-stream. Each call returns what is to be sent, and
// that may be nothing. Not thread-safe.
class AnthropicStream {
 public:
  AnthropicStream(std::string id, std::string model);

  // First. Nothing is computed yet, so all of the prompt counts as input; `finish` tells the truth.
  std::string start(uint32_t prompt_tokens);
  std::string event(const Event& event);
  // Last, either way.
  std::string finish(const Finish& finish);
  static std::string error(std::string_view type, std::string_view message,
                           std::string_view request_id);

  static std::string ping();

 private:
  enum class Open { none, text, thinking, tool_use };

  // Ends the block that is open and begins another; `block` is its JSON.
  void begin(std::string& out, Open kind, std::string_view block);
  void end(std::string& out);
  // `field` of a delta of type `type`, in the open block.
  void delta(std::string& out, std::string_view type, std::string_view field,
             std::string_view text) const;

  const std::string id_;
  const std::string model_;
  Open open_ = Open::none;
  uint32_t index_ = 0;    // of the open block, or of the next
  std::string thinking_;  // of the open block, for its signature
};

}  // namespace anyclaude
