// Answers of the Chat Completions API that are one JSON value: a whole completion, errors, models.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/answer_form.h"
#include "protocol/chat.h"
#include "protocol/listed_model.h"

namespace anyclaude {

// What every piece of one completion begins with.
struct CompletionHead {
  std::string id;
  std::string model;  // as the client named it
  std::time_t created = 0;
};

// Gathers the events of an answer that is not streamed.
class WholeCompletion final : public WholeAnswer {
 public:
  explicit WholeCompletion(CompletionHead head) : head_(std::move(head)) {}

  void add(const Event& event) override;
  // Arguments that were cut off are given as far as they came; finish_reason says so.
  std::string encode(const Finish& finish) const override;

 private:
  const CompletionHead head_;
  std::string text_;
  std::string thinking_;
  std::vector<ToolUseBlock> calls_;
};

// "id":...,"object":...,"created":...,"model":... : the first members of an object.
std::string encode_completion_head(const CompletionHead& head, std::string_view object);

// The members of a usage object: what was read from the cache is part of prompt_tokens.
std::string encode_completion_usage(const Usage& usage);

const char* finish_reason_name(StopReason reason);

// {"error":{"message":...,"type":...,"param":...,"code":...}}. The param is the path that the
// message begins with; codes are those that clients look for.
std::string encode_completions_error(int status, std::string_view message);

std::string encode_completions_model(const ListedModel& model);
std::string encode_completions_models(const std::vector<ListedModel>& models);

}  // namespace anyclaude
