// How an API writes an answer down: as one value, or as a stream of events. Each API has a class
// for either; api/answers.h feeds them. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/chat.h"

namespace anyclaude {

class WholeAnswer {
 public:
  virtual ~WholeAnswer() = default;

  virtual void add(const Event& event) = 0;
  // The body: all that was added, and how it ended.
  virtual std::string encode(const Finish& finish) const = 0;
};

// Text for a text/event-stream. Each call returns what is to be sent, and that may be nothing.
class AnswerStream {
 public:
  virtual ~AnswerStream() = default;

  // First, before anything is computed.
  virtual std::string start(uint32_t prompt_tokens) = 0;
  virtual std::string event(const Event& event) = 0;
  // Last, either way. `body` is what a whole answer would have told of the error.
  virtual std::string finish(const Finish& finish) = 0;
  virtual std::string error(std::string_view body) = 0;

  // What clients pass over: says that the server is alive.
  virtual std::string ping() const = 0;
};

}  // namespace anyclaude
