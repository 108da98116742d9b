// Why a prompt is not known as far as it might be. A prompt is taken apart as people see it: tools,
// instructions, context (what the client puts in front of the first prompt) and messages. Compared
// with those that came before, the first part that is new tells what changed.
//
// Names no words of a prompt, but for the names of tools.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "prompt/canonical.h"

namespace anyclaude {

enum class PromptSection : uint8_t { tools, instructions, context, messages };
constexpr std::array<const char*, 4> prompt_sections = {"tools", "instructions", "context",
                                                        "messages"};

// Tokens of a prompt by section. What a template writes between instructions and context, or
// before both, counts to the tools.
struct SectionTokens {
  uint32_t tools = 0;
  uint32_t instructions = 0;
  uint32_t context = 0;
  uint32_t messages = 0;
  uint32_t total() const { return tools + instructions + context + messages; }
};

// `extents` in tokens; `total` of the whole prompt.
SectionTokens tokens_by_section(const PromptExtents& extents, size_t total);

// Where a prompt left all those that came before it.
struct Departure {
  bool compared = false;                 // there was one to compare it with
  std::optional<PromptSection> section;  // of the first new part; nothing: it goes on behind one
  std::string part;                      // "tool Agent", "context, line 3", "message 7"
  size_t known_tokens = 0;               // at least so many at its beginning were computed before
};

// Why no more of it was found.
enum class DepartureReason : uint8_t {
  goes_on,    // it goes on where an earlier prompt ended, and all of that was found
  first,      // no prompt came before it
  forgotten,  // more of it was computed before than was found
  tools,      // a section is new: the sections, in their order
  instructions,
  context,
  messages,
};
constexpr std::array<const char*, 7> departure_reasons = {
    "goes_on", "first", "forgotten", "tools", "instructions", "context", "messages"};
// `total_tokens` of the prompt. One that was found whole, after a restart perhaps, goes on there,
// whatever came before it since.
DepartureReason reason_of(const Departure& departure, size_t found_tokens, size_t total_tokens);

// For people, in one line: "19421 prompt tokens (tools 14272, ...), 18926 of them known; new from
// context, line 3 on".
std::string explain(const SectionTokens& tokens, const Departure& departure, size_t found_tokens);

// The prompts that came last. Thread-safe.
class PromptHistory {
 public:
  static constexpr size_t prompts_max = 64;
  static constexpr size_t parts_max = 100'000;  // of all; the oldest prompts go

  // Compares it with those of the same `sharing` (protocol/chat.h), and keeps it. `extents` and
  // `total` in tokens.
  Departure compare(const CanonicalConversation& conversation, const PromptExtents& extents,
                    size_t total, std::string_view sharing);

 private:
  struct Prompt {
    std::string sharing;
    std::vector<uint64_t> parts;  // a hash of each
    size_t tokens = 0;
  };

  Mutex mutex_;
  std::deque<Prompt> prompts_ GUARDED_BY(mutex_);  // newest first
  size_t parts_ GUARDED_BY(mutex_) = 0;
};

}  // namespace anyclaude
