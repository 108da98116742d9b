// The event stream of the Messages API (docs.anthropic.com/en/docs/build-with-claude/streaming):
// message_start, then blocks one after the other, then message_delta and message_stop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/answer_form.h"
#include "protocol/chat.h"

namespace anyclaude {

class AnthropicStream final : public AnswerStream {
 public:
  AnthropicStream(std::string id, std::string model);

  // Nothing is computed yet, so all of the prompt counts as input; `finish` tells the truth.
  std::string start(uint32_t prompt_tokens) override;
  std::string event(const Event& event) override;
  std::string finish(const Finish& finish) override;
  std::string error(std::string_view body) override;
  std::string ping() const override;

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
  bool passed_on_ = false;  // what was passed on has an end of its own
  uint32_t index_ = 0;      // of the open block, or of the next
  std::string thinking_;    // of the open block, for its signature
};

}  // namespace anyclaude
