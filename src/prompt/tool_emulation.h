// Tools for a model whose server knows none: told in words, in the form that the Hermes models made
// common (github.com/NousResearch/Hermes-Function-Calling), and found again in the model's text.
//
//   <tool_call>
//   {"name": "Read", "arguments": {"file_path": "a.txt"}}
//   </tool_call>
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prompt/canonical.h"
#include "protocol/chat.h"

namespace anyclaude {

// Puts the tools into the system text, calls into the text of the turns that made them, and results
// into user turns. What stood in front of a new turn stays as it was. Afterwards there are neither
// tools nor calls nor tool turns.
void emulate_tools(CanonicalConversation& conversation, const ToolChoice& choice);

// Finds thinking and calls in the text of one answer, however it is cut into pieces. Not
// thread-safe.
class AnswerText {
 public:
  struct Options {
    bool thinking = true;  // <think> ... </think> at the beginning is thinking
    bool calls = false;    // <tool_call> ... </tool_call> is a call
  };
  explicit AnswerText(Options options) : options_(options) {}

  // Appends what is certain by now. A call is given when it is complete.
  void take(std::string_view text, std::vector<Event>& events);
  // The answer ends here. A call that lacks only its end is one.
  void end(std::vector<Event>& events);

  bool called() const { return called_; }
  // All that was written behind the thinking, calls in words included, up to what is certain.
  const std::string& written() const { return written_; }

 private:
  enum class Part { beginning, thinking, words, call };

  bool step(std::vector<Event>& events);
  void give_words(std::string_view text, std::vector<Event>& events);
  void give_call(std::string_view text, std::string_view whole, std::vector<Event>& events);

  const Options options_;
  Part part_ = Part::beginning;
  std::string held_;  // not given yet
  std::string written_;
  bool skip_space_ = false;
  bool called_ = false;
};

// The call that `json` describes, mended where there is only one way to: fences around it, brackets
// missing at its end, arguments encoded twice. Without a name: it is none.
ToolUseBlock read_emulated_call(std::string_view json);

}  // namespace anyclaude
