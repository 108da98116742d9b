#include "engine/embedded/answer_sampling.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <utility>

namespace anyclaude {

common_params_sampling sampling_of(const Conversation& conversation, const AnswerFormat& format,
                                   const Tokeniser& tokeniser, uint32_t seed) {
  common_params_sampling out;
  out.seed = seed;
  out.no_perf = true;
  const SamplingChoice& choice = conversation.sampling;
  if (choice.temperature) out.temp = *choice.temperature;
  if (choice.top_p) out.top_p = *choice.top_p;
  if (choice.top_k) out.top_k = *choice.top_k;
  const common_chat_params& params = format.params;
  if (!params.grammar.empty()) {
    // A grammar that stands from the first token on begins at the generation prompt; one that opens
    // the call itself does not.
    const bool whole = !params.grammar_lazy && format.forced_text.empty();
    out.grammar =
        common_grammar(whole && format.from_generation_prompt ? COMMON_GRAMMAR_TYPE_TOOL_CALLS
                                                              : COMMON_GRAMMAR_TYPE_USER,
                       params.grammar);
    out.grammar_lazy = params.grammar_lazy;
    out.generation_prompt = params.generation_prompt;
    for (const auto& text : params.preserved_tokens) {
      const auto tokens = tokeniser.tokenise_markup(text);
      if (tokens.size() == 1) out.preserved_tokens.insert(tokens[0]);
    }
    for (auto trigger : params.grammar_triggers) {
      const auto tokens = tokeniser.tokenise_markup(trigger.value);
      if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD && tokens.size() == 1 &&
          out.preserved_tokens.contains(tokens[0])) {
        trigger.type = COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN;
        trigger.token = tokens[0];
      }
      out.grammar_triggers.push_back(std::move(trigger));
    }
  }
  const int32_t budget = conversation.thinking.budget_tokens;
  if (params.supports_thinking && !params.thinking_end_tags.empty() && budget > 0) {
    out.reasoning_budget_tokens = budget;
    out.reasoning_budget_start = tokeniser.tokenise_markup(params.thinking_start_tag);
    for (const auto& tag : params.thinking_end_tags) {
      out.reasoning_budget_end.push_back(tokeniser.tokenise_markup(tag));
    }
    out.reasoning_budget_forced = out.reasoning_budget_end.front();
  }
  return out;
}

Result<common_sampler_ptr> make_sampler(const llama_model* model, common_params_sampling params,
                                        Counter& grammars_refused) {
  try {
    return common_sampler_ptr(common_sampler_init(model, params));
  } catch (const std::exception& error) {
    spdlog::warn("A grammar was refused, the answer stays unconstrained: {}", error.what());
  }
  grammars_refused.add();
  params.grammar = {};
  params.grammar_lazy = false;
  params.grammar_triggers.clear();
  try {
    return common_sampler_ptr(common_sampler_init(model, params));
  } catch (const std::exception& error) {
    return fail(Error::Kind::invalid_request,
                std::string("The sampling parameters are refused: ") + error.what());
  }
}

}  // namespace anyclaude
