// Answers of the Chat Completions API (platform.openai.com/docs/api-reference/chat), as servers
// that speak it really send them, made into events.
//
// Servers differ: content may be text or a list of parts; reasoning comes in `reasoning` or
// `reasoning_content`; arguments may be empty, split, encoded twice, or no JSON at all; the reason
// for the end may say "stop" after a call, come twice, or never; usage may be missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/chat.h"
#include "protocol/json_text.h"

namespace anyclaude {

struct OpenAiLimits {
  JsonLimits json;
  size_t calls_max = 128;             // of one answer
  size_t call_bytes_max = 16u << 20;  // of the arguments of all of them
  size_t message_bytes_max = 1000;    // of a server's own words about an error
};

// Not thread-safe.
class OpenAiAnswer {
 public:
  explicit OpenAiAnswer(OpenAiLimits limits = {}) : limits_(limits) {}

  // One chunk of a stream: the data of one server-sent event. "[DONE]" is one too. Appends what it
  // says. A tool call is given when it is complete: servers send some that only their end shows to
  // be broken, and a client cannot take back half of one. Error::upstream for what is no chunk, or
  // an error instead of one.
  Result<void> take_chunk(std::string chunk, std::vector<Event>& events);

  // The server has no more to say. Error::upstream where it stopped in the middle.
  Result<void> end(std::vector<Event>& events);

  // After `end`. Without usage of the server's own the counts are zero.
  StopReason stop_reason() const;
  const std::string& stop_sequence() const { return stop_sequence_; }
  const std::optional<Usage>& usage() const { return usage_; }

 private:
  struct Call {
    size_t index = 0;  // as the server counts
    std::string id;
    std::string name;
    std::string arguments;
  };

  Result<void> take_choice(Json& choice, std::vector<Event>& events);
  void take_content(Json& content, std::vector<Event>& events);
  Result<void> take_calls(Json& calls);
  void take_usage(const Json& chunk);

  const OpenAiLimits limits_;
  std::vector<Call> calls_;
  size_t call_bytes_ = 0;
  std::string finish_reason_;
  std::string stop_sequence_;
  std::optional<Usage> usage_;
  bool called_ = false;  // a call was given
  bool done_ = false;
};

// The message of an error body of such a server, short, on one line, without control characters;
// empty where there is none.
std::string openai_error_message(const std::string& body, size_t bytes_max = 1000);

}  // namespace anyclaude
