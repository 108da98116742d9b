// The canonical form of a conversation: the same meaning gives the same messages, however the
// client wrote it down this time. What chat templates cannot take (system turns in the middle, two
// user turns in a row, empty turns, images for a blind model) is put into words they can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat.h"

namespace anyclaude {

// What the model's template can take; found once per model (engine/embedded/chat_template.h).
struct TemplateCapabilities {
  bool parallel_calls = true;          // several calls in one assistant turn
  bool system = true;                  // a system turn at the start
  bool user_after_tool_result = true;  // an own user turn may follow a tool result
  bool images = false;                 // the model sees them
};

enum class PromptLayout {
  cache,        // what comes again in other conversations stands in front
  as_template,  // tools and texts as the client lists them, everything where the template wants it
};

struct CanonicalCall {
  std::string id;
  std::string name;
  std::string arguments_json;
};

struct CanonicalMessage {
  enum class Role { system, user, assistant, tool };
  Role role = Role::user;
  std::string text;
  std::vector<CanonicalCall> calls;  // of the assistant
  std::string tool_call_id;          // of a tool result
  std::string tool_name;             // of a tool result: the tool that was called
  std::vector<MediaBlock> images;    // of the user, behind the text; for models that see
};

struct CanonicalConversation {
  std::vector<CanonicalMessage> messages;  // at most one system message, the first; never empty
  std::vector<Tool> tools;
  // How many of them stand in front of each place where other tool sets are likely to go on
  // differently; ascending.
  std::vector<size_t> tool_partings;
  std::string prefill;    // the beginning of the answer, given by the client; mostly empty
  bool thinking = false;  // the model may think before it answers
  // Where the first user turn's text is likely to part from other conversations', in its bytes,
  // ascending: what only this place says of itself (directory, date, state of the repository), and
  // the prompt, which is its last text.
  std::vector<size_t> first_user_partings;
};

// A piece of a prompt: a text, or the token ids of an answer as they were sampled. A special token
// is parsed only where it lies whole within one text: the cuts between segments keep control-token
// look-alikes in a client's text from becoming tokens (prompt/guard.h).
struct PromptSegment {
  std::string text;
  std::vector<int32_t> tokens;  // where there are some, there is no text
};

// Where the parts of a prompt begin that people tell apart; what stands before and between the
// instructions and the context are the tools.
struct PromptExtents {
  size_t instructions = 0;
  size_t instructions_end = 0;
  size_t context = 0;   // the first user turn's words
  size_t messages = 0;  // in it, the first prompt
};

// A prompt ready to be tokenised.
struct CanonicalPrompt {
  std::vector<PromptSegment> segments;
  // Where later prompts are likely to part from this one, ascending, in bytes of the text in front
  // of the first sampled answer: where the tools end that other agents have too, or all of them
  // where no agents are known; where the system text begins to tell of this place; where the first
  // user turn begins, and within it (CanonicalConversation::first_user_partings).
  std::vector<size_t> save_points;
  PromptExtents extents;  // in the same bytes
};

// Never fails: what cannot be shown is described. Thinking of earlier turns is left out (templates
// lose or move it), as are billing lines. Roles alternate as templates demand: a tool result
// follows the assistant turn that called it; user turns do not follow each other.
//
// With PromptLayout::cache the tools stand in the order of prompt/tool_order.h; those that
// ToolSearch loads are told of where it did, and not listed before or after. Of the reminders that
// clients put in front of the first prompt, those that say the same everywhere (agents, skills)
// stand before those that tell of this place.
CanonicalConversation canonicalise(const Conversation& conversation,
                                   const TemplateCapabilities& capabilities,
                                   PromptLayout layout = PromptLayout::cache);

// Appends to an answer what its client hears of it: what it will send back.
void append_event(CanonicalMessage& answer, const Event& event);

// A text block of the system prompt that no model is shown: what the client tells of itself.
bool is_client_noise(std::string_view system_text);

}  // namespace anyclaude
