// What a client is told that was only sent for its prompt (`anyclaude warm --from-client`): a word,
// at once, and nothing is computed for it.
#pragma once

#include <string_view>

#include "engine/backend.h"

namespace anyclaude {

inline constexpr std::string_view learn_header = "x-anyclaude-learn";

class LearntAnswer final : public Generation {
 public:
  explicit LearntAnswer(uint32_t prompt_tokens) : prompt_tokens_(prompt_tokens) {}

  uint32_t prompt_tokens() const override { return prompt_tokens_; }
  Result<Finish> run(const EventSink& sink) override {
    if (!sink(TextDelta{"Learnt."})) return fail(Error::Kind::cancelled, "the client has left");
    return Finish{
        .reason = StopReason::end_turn,
        .stop_sequence = {},
        .usage = {.prompt_tokens = prompt_tokens_, .prompt_tokens_cached = 0, .output_tokens = 1}};
  }

 private:
  const uint32_t prompt_tokens_;
};

}  // namespace anyclaude
