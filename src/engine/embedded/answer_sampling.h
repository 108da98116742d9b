// How the tokens of one answer are drawn: as the request chose, held by the grammar of its format.
#pragma once

#include "base/metrics.h"
#include "base/result.h"
#include "engine/embedded/answer_format.h"
#include "engine/embedded/tokeniser.h"
#include "protocol/chat.h"
#include "sampling.h"

struct llama_model;

namespace anyclaude {

common_params_sampling sampling_of(const Conversation& conversation, const AnswerFormat& format,
                                   const Tokeniser& tokeniser, uint32_t seed);

// A grammar that libllama cannot take leaves the answer unconstrained, never unanswered.
// Error::invalid_request where it refuses the rest.
Result<common_sampler_ptr> make_sampler(const llama_model* model, common_params_sampling params,
                                        Counter& grammars_refused);

}  // namespace anyclaude
