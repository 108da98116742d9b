// The chat template for models whose own shows no tools, or that have none: Hermes-style, tool
// definitions and calls as JSON between XML tags, which many models have met in training. Tools
// stand before the system text, so that agents with the same tools share them.
#pragma once

#include <string>

struct llama_vocab;

namespace anyclaude {

// Uses turn markers that the vocabulary knows as tokens ("<|im_start|>", "<start_of_turn>");
// ChatML's where it knows none.
std::string builtin_template(const llama_vocab* vocab);

}  // namespace anyclaude
