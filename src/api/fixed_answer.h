// Answers for which nothing is computed: what a client is told that was only sent for its prompt
// (`anyclaude warm --from-client`), and whoever asks for a search of the web that nobody here does.
#pragma once

#include <string_view>

#include "engine/backend.h"

namespace anyclaude {

inline constexpr std::string_view learn_header = "x-anyclaude-learn";
inline constexpr std::string_view learnt_text = "Learnt.";
// A model would make up what it cannot look up.
inline constexpr std::string_view no_search_text =
    "The web cannot be searched: this server has no search provider. A page whose address is known "
    "can be fetched.";

class FixedAnswer final : public Generation {
 public:
  // `text` must outlive it.
  FixedAnswer(std::string_view text, uint32_t prompt_tokens)
      : text_(text), prompt_tokens_(prompt_tokens) {}

  uint32_t prompt_tokens() const override { return prompt_tokens_; }
  Result<Finish> run(const EventSink& sink) override {
    if (!sink(TextDelta{std::string(text_)})) {
      return fail(Error::Kind::cancelled, "the client has left");
    }
    return Finish{
        .reason = StopReason::end_turn,
        .stop_sequence = {},
        .usage = {.prompt_tokens = prompt_tokens_, .prompt_tokens_cached = 0, .output_tokens = 1}};
  }

 private:
  const std::string_view text_;
  const uint32_t prompt_tokens_;
};

}  // namespace anyclaude
