// Turns the tokens of an answer into events: text, thinking, tool calls, taken apart by the parser
// that belongs to the model's format, held back where a stop sequence or half a character may
// begin.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/embedded/answer_format.h"
#include "engine/embedded/tokeniser.h"
#include "protocol/chat.h"

namespace anyclaude {

// Used by the thread that serves the request.
class AnswerReader {
 public:
  // `stop_sequences` of the request; `turn_ends`: texts that end the model's turn without being
  // tokens of its vocabulary. `prefill`: what the client wrote of the answer already.
  AnswerReader(std::shared_ptr<const AnswerFormat> format, const Tokeniser& tokeniser,
               std::vector<std::string> stop_sequences, std::vector<std::string> turn_ends);

  // Adds tokens; returns what they are known to mean so far. After a stop nothing more comes.
  std::vector<Event> add(const std::vector<Token>& tokens);
  // The answer has ended: whatever was held back.
  std::vector<Event> finish();

  bool stopped() const { return stopped_; }
  const std::string& stop_sequence() const { return stop_sequence_; }  // empty: a turn's end
  bool called_tools() const { return calls_started_ > 0; }
  // What the model itself calls each call, where its format has ids.
  std::vector<std::string> own_call_ids() const;

  // How many of the tokens make up what was told; nothing where that ends within one.
  std::optional<size_t> tokens_told() const;

 private:
  struct Call {
    std::string own_id;
    size_t bytes_sent = 0;
    bool started = false;
  };

  std::optional<size_t> tokens_before_left_out() const;
  size_t safe_length() const;
  void look_for_stop(size_t from);
  void read(bool final, std::vector<Event>& events);
  void send(const common_chat_msg& message, bool final, std::vector<Event>& events);
  void send_calls(const common_chat_msg& message, bool final, std::vector<Event>& events);

  // Constant after construction.
  std::shared_ptr<const AnswerFormat> format_;
  const Tokeniser& tokeniser_;
  std::vector<std::string> stop_sequences_;
  std::vector<std::string> turn_ends_;
  std::set<Token> preserved_;  // control tokens whose text the parser wants to see

  std::string text_;
  std::vector<size_t> token_ends_;  // in the text before it was cut at a stop
  bool stopped_ = false;
  bool call_left_out_ = false;
  std::string stop_sequence_;
  size_t text_sent_ = 0;
  size_t thinking_sent_ = 0;
  std::vector<Call> calls_;
  size_t calls_started_ = 0;
  // Parsing begins at the first token each time: never more than a tenth of the time goes there.
  std::chrono::steady_clock::time_point next_read_;
};

// A new id for a tool call, as the API writes them.
std::string make_tool_use_id();

}  // namespace anyclaude
