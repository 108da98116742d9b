// Writes a conversation down so that the next prompt begins with this one and its answer, whatever
// the template does with old turns. Most templates drop, trim or move something there (thinking,
// text beside calls, blanks), and all write answers anew instead of as they were sampled.
//
//   prompt = head + answer 1 + tail 1 + answer 2 + tail 2 + ...
//
//   head    everything up to the first answer, as PromptWriter lays it out
//   answer  the token ids that were sampled, found in the echo table; of one that is not there
//           (made by another program, edited, forgotten), what the template writes for it
//   tail    what the template writes between an answer's end and the next answer's beginning:
//           the token that ends the turn, tool results, the user's next turn, the opening of the
//           next answer. Found by writing the conversation with two different words in the
//           answer's place; what both end with is the tail.
//
// A tail does not depend on the tools, so those are left out while it is looked for, and what
// stands before its answer is cut short. Where a template gives no tail, the answer is written as
// text; where that does not stand behind what is there, PromptWriter writes the whole conversation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/recent.h"
#include "base/result.h"
#include "base/sync.h"
#include "prompt/canonical.h"
#include "prompt/echo.h"
#include "prompt/echo_table.h"
#include "prompt/prompt_writer.h"
#include "prompt/renderer.h"

namespace anyclaude {

// Thread-safe.
class Transcript {
 public:
  struct Options {
    std::string model;  // and its template, of those who use one echo table
    // Texts that end a model's turn, and where none of them is found, others that stand between
    // turns. What closes a call in front of the first of them belongs to the answer still.
    std::vector<std::string> turn_ends;
    std::vector<std::string> turn_marks;
    int32_t token_end = INT32_MAX;            // the vocabulary's ids are smaller
    uint64_t memory_bytes_max = 16ull << 20;  // for parts of prompts that were written before
  };

  // All must outlive it.
  Transcript(const TemplateRenderer& renderer, const Guard& guard, const PromptWriter& writer,
             EchoTable& echoes, Options options, Metrics& metrics);

  struct Prompt {
    CanonicalPrompt prompt;
    EchoName name{};    // of the conversation: an answer to it has its names behind this one
    std::string plain;  // why the template wrote it as a whole; empty: it did not
  };

  // The prompt up to where the answer begins, with what the client gave of it.
  // Error::invalid_request where the template refuses the conversation. What is remembered for one
  // `sharing` (protocol/chat.h) serves no other.
  Result<Prompt> write(const CanonicalConversation& conversation,
                       std::string_view sharing = {}) const;

  // Whether what was sampled can stand in prompts: answers that call a tool, and others.
  bool takes_sampled(bool call) const;

 private:
  struct Place;
  struct Part {
    std::string erased;               // the end of what stands before it, which it does without
    std::string text;                 // with the guard's marks
    std::vector<size_t> save_points;  // of a head
    PromptExtents extents;            // of a head
    bool sampled = false;             // stands behind a sampled answer
  };

  Result<CanonicalPrompt> compose(const CanonicalConversation& conversation,
                                  const std::vector<EchoName>& names,
                                  std::string_view sharing) const;
  Result<Part> write_head(const CanonicalConversation& conversation,
                          std::string_view sharing) const;
  Result<Part> write_turn(const Place& place) const;
  Result<std::string> look_for_tail(const Place& place) const;
  size_t end_of_answer(const Place& place, std::string_view tail) const;
  Result<std::string> common_end(CanonicalConversation shown, size_t answer, bool in_call) const;
  std::shared_ptr<const Part> recall(const EchoName& name) const;
  std::shared_ptr<const Part> remember(const EchoName& name, Part part) const;
  std::shared_ptr<const SampledAnswer> find_answer(const EchoName& name) const;

  // Constant after construction.
  const TemplateRenderer& renderer_;
  const Guard& guard_;
  const PromptWriter& writer_;
  EchoTable& echoes_;
  const Options options_;
  const std::string mark_;  // stands for an answer; nobody else can know it
  Counter& sampled_;
  Counter& written_;
  Counter& plain_;

  // By all that a part depends on.
  mutable Mutex mutex_;
  mutable Recent<EchoName, std::shared_ptr<const Part>> parts_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
