// The stream of the Chat Completions API (platform.openai.com/docs/api-reference/chat-streaming):
// chunks whose deltas together are the message, then "[DONE]".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/answer_form.h"
#include "protocol/chat.h"
#include "protocol/completions_reply.h"

namespace anyclaude {

class CompletionStream final : public AnswerStream {
 public:
  CompletionStream(const CompletionHead& head, bool include_usage);

  std::string start(uint32_t prompt_tokens) override;
  std::string event(const Event& event) override;
  std::string finish(const Finish& finish) override;
  std::string error(std::string_view body) override;
  std::string ping() const override;

 private:
  // Ends a call whose arguments never came: clients parse them, and "" is no JSON.
  void end_call(std::string& out);
  void call_delta(std::string& out, std::string_view members) const;
  void delta(std::string& out, std::string_view members,
             std::string_view finish_reason = "null") const;
  void chunk(std::string& out, std::string_view choices, std::string_view usage) const;

  const std::string head_;
  const bool include_usage_;
  size_t calls_ = 0;           // the last of them is the one under way
  bool has_arguments_ = true;  // it has; so has a call that is none
};

}  // namespace anyclaude
