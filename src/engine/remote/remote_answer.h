// An answer as a remote server streams it, made into events: one of these for each form of API.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "prompt/tool_emulation.h"
#include "protocol/anthropic_answer.h"
#include "protocol/chat.h"
#include "protocol/openai_answer.h"
#include "protocol/sse.h"

namespace anyclaude {

// Not thread-safe.
class RemoteAnswer {
 public:
  virtual ~RemoteAnswer() = default;

  // One server-sent event; appends what it says.
  virtual Result<void> take(SseEvent event, std::vector<Event>& events) = 0;
  // The whole answer in one piece, from a server that does not stream.
  virtual Result<void> take_whole(std::string body, std::vector<Event>& events) = 0;
  // The server has no more to say. Error::upstream where it stopped in the middle.
  virtual Result<void> end(std::vector<Event>& events) = 0;
  // After `end`. Counts that the server does not tell are zero.
  virtual Finish finish() const = 0;
  // The text behind the thinking as the server wrote it, calls in words included.
  virtual const std::string& written() const = 0;
};

// Of a Chat Completions server; thinking and calls may stand in the text.
class OpenAiRemoteAnswer final : public RemoteAnswer {
 public:
  explicit OpenAiRemoteAnswer(AnswerText::Options text) : text_(text) {}

  Result<void> take(SseEvent event, std::vector<Event>& events) override;
  Result<void> take_whole(std::string body, std::vector<Event>& events) override;
  Result<void> end(std::vector<Event>& events) override;
  Finish finish() const override;
  const std::string& written() const override { return text_.written(); }

 private:
  OpenAiAnswer answer_;
  AnswerText text_;
};

// Of a server of the Messages API; the same of its text.
class AnthropicRemoteAnswer final : public RemoteAnswer {
 public:
  explicit AnthropicRemoteAnswer(AnswerText::Options text) : text_(text) {}

  Result<void> take(SseEvent event, std::vector<Event>& events) override;
  Result<void> take_whole(std::string body, std::vector<Event>& events) override;
  Result<void> end(std::vector<Event>& events) override;
  Finish finish() const override;
  const std::string& written() const override { return text_.written(); }

 private:
  AnthropicAnswer answer_;
  AnswerText text_;
};

// Of a server of the Messages API whose client gets it as it comes.
class PassedOnAnswer final : public RemoteAnswer {
 public:
  Result<void> take(SseEvent event, std::vector<Event>& events) override;
  Result<void> take_whole(std::string body, std::vector<Event>& events) override;
  Result<void> end(std::vector<Event>&) override { return answer_.end(); }
  Finish finish() const override { return answer_.finish(); }
  const std::string& written() const override { return nothing_; }

 private:
  AnthropicAnswer answer_;  // reads along: what was counted, and whether it is whole
  const std::string nothing_;
};

}  // namespace anyclaude
