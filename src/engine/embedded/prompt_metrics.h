// What is told of prompts: how large their sections are, and why no more of them was known.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "prompt/explain.h"

namespace anyclaude {

// Thread-safe.
class PromptMetrics {
 public:
  explicit PromptMetrics(Metrics& metrics) : metrics_(metrics) {
    for (const auto& [section, tokens] : sections({})) count_section(section, tokens);
    for (const auto reason :
         {"goes_on", "first", "forgotten", "tools", "instructions", "context", "messages"}) {
      departures(reason);
    }
  }

  void count(const SectionTokens& tokens, std::string_view reason) {
    for (const auto& [section, count] : sections(tokens)) count_section(section, count);
    departures(reason).add();
  }

 private:
  using Sections = std::array<std::pair<PromptSection, uint32_t>, 4>;
  static Sections sections(const SectionTokens& tokens) {
    return {{{PromptSection::tools, tokens.tools},
             {PromptSection::instructions, tokens.instructions},
             {PromptSection::context, tokens.context},
             {PromptSection::messages, tokens.messages}}};
  }
  void count_section(PromptSection section, uint32_t tokens) {
    metrics_
        .counter("anyclaude_prompt_tokens_total", "Tokens of answered prompts by section.",
                 {{"section", name_of(section)}})
        .add(tokens);
  }
  Counter& departures(std::string_view reason) {
    return metrics_.counter("anyclaude_prompt_departures_total",
                            "Answered prompts by what was new in them first; goes_on: nothing, "
                            "first: no prompt came before, forgotten: what was known is not kept.",
                            {{"reason", std::string(reason)}});
  }

  Metrics& metrics_;
};

}  // namespace anyclaude
