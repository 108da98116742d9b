// Answers of the Anthropic API that are one JSON value: a whole message, errors, models, counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/answer_form.h"
#include "protocol/chat.h"
#include "protocol/listed_model.h"

namespace anyclaude {

// Gathers the events of an answer that is not streamed.
class AnthropicMessage final : public WholeAnswer {
 public:
  AnthropicMessage(std::string id, std::string model);

  void add(const Event& event) override;

  // The message object; one that was passed on, as it is. A tool call that was cut off in the
  // middle of its input gets an empty one.
  std::string encode(const Finish& finish) const override;

 private:
  const std::string id_;
  const std::string model_;
  std::vector<Block> blocks_;
  std::string passed_on_;
};

// The members of a usage object: what was read from the cache is not part of input_tokens.
std::string encode_usage(const Usage& usage);

const char* stop_reason_name(StopReason reason);

// Clients keep thinking blocks only with a signature; ours says that the text is the text.
std::string thinking_signature(std::string_view thinking);

// {"type":"error","error":{"type":...,"message":...},"request_id":...}
std::string encode_error(std::string_view type, std::string_view message,
                         std::string_view request_id);

std::string encode_model(const ListedModel& model);
std::string encode_models(const std::vector<ListedModel>& models);

std::string encode_token_count(uint32_t input_tokens);

}  // namespace anyclaude
