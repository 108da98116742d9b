// What is told of prompts: how large their sections are, and why no more of them was known.
#pragma once

#include <array>

#include "base/metrics.h"
#include "prompt/explain.h"

namespace anyclaude {

// Thread-safe.
class PromptMetrics {
 public:
  explicit PromptMetrics(Metrics& metrics) {
    for (size_t i = 0; i < sections_.size(); ++i) {
      sections_[i] = &metrics.counter("anyclaude_prompt_tokens_total",
                                      "Tokens of answered prompts by section.",
                                      {{"section", prompt_sections[i]}});
    }
    for (size_t i = 0; i < reasons_.size(); ++i) {
      reasons_[i] = &metrics.counter(
          "anyclaude_prompt_departures_total",
          "Answered prompts by what was new in them first; goes_on: nothing, first: no prompt came "
          "before, forgotten: what was known is not kept.",
          {{"reason", departure_reasons[i]}});
    }
  }

  void count(const SectionTokens& tokens, DepartureReason reason) {
    const std::array counts = {tokens.tools, tokens.instructions, tokens.context, tokens.messages};
    for (size_t i = 0; i < counts.size(); ++i) sections_[i]->add(counts[i]);
    reasons_[static_cast<size_t>(reason)]->add();
  }

 private:
  std::array<Counter*, prompt_sections.size()> sections_{};
  std::array<Counter*, departure_reasons.size()> reasons_{};
};

}  // namespace anyclaude
