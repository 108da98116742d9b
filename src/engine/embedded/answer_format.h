// How a model writes an answer to one kind of request: the grammar that holds it, the markers that
// start the grammar, and the parser that takes text, thinking and tool calls apart again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/recent.h"
#include "base/result.h"
#include "base/sync.h"
#include "chat.h"
#include "protocol/chat.h"

namespace anyclaude {

struct AnswerFormat {
  common_chat_params params;  // grammar, triggers, preserved tokens, thinking tags
  common_chat_parser_params parser;
  // The answer begins with this, whatever the model would say: opens the tool call that the request
  // demands. Empty for free answers.
  std::string forced_text;
  // Further calls than this end the answer: the grammars of some formats let them through.
  size_t calls_max = SIZE_MAX;
  // The grammar describes the generation prompt too (llama-common's for JSON answers does); false
  // where it begins with the answer itself.
  bool from_generation_prompt = true;
};

// Makes formats and remembers them: building grammar and parser takes llama-common tens of
// milliseconds, and the requests of one conversation ask for the same. Thread-safe.
class AnswerFormats {
 public:
  AnswerFormats(const common_chat_templates* templates, Metrics& metrics);

  // `after_tool_result`: the last message is a tool result (some templates then continue the turn).
  // What is remembered for one `sharing` (protocol/chat.h) serves no other.
  Result<std::shared_ptr<const AnswerFormat>> find_or_make(const Conversation& conversation,
                                                           bool thinking, bool after_tool_result,
                                                           const std::string& sharing);

 private:
  static constexpr size_t remembered_max = 64;

  Result<std::shared_ptr<const AnswerFormat>> make(const Conversation& conversation, bool thinking,
                                                   bool after_tool_result);
  common_chat_params apply(common_chat_templates_inputs inputs);

  // Constant after construction.
  const common_chat_templates* templates_;
  Counter& schemas_refused_;

  Mutex mutex_;
  Recent<std::string, std::shared_ptr<const AnswerFormat>> recent_ GUARDED_BY(mutex_){
      remembered_max};
};

}  // namespace anyclaude
