// The canonical form of a conversation: the same meaning gives the same messages, however the
// client wrote it down this time. What chat templates cannot take (system turns in the middle, two
// user turns in a row, empty turns, images for a blind model) is put into words they can.
#pragma once

#include <string>
#include <vector>

#include "protocol/chat.h"

namespace anyclaude {

// What the model's template can take. Found once per model (engine/embedded/chat_format.h).
struct TemplateCapabilities {
  bool tools = true;                   // shows tool definitions and calls
  bool parallel_calls = true;          // several calls in one assistant turn
  bool system = true;                  // a system turn at the start
  bool user_after_tool_result = true;  // an own user turn may follow a tool result
  bool images = false;
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
  std::string tool_name;             // of a tool result: the called tool, if it is known
};

struct CanonicalConversation {
  std::vector<CanonicalMessage> messages;  // at most one system message, the first
  std::vector<Tool> tools;                 // those the model may see; schemas in canonical JSON
};

// Never fails: what cannot be shown is described. Thinking of earlier turns is left out
// (templates lose or move it), as are billing lines and cache markers.
CanonicalConversation canonicalise(const Conversation& conversation,
                                   const TemplateCapabilities& capabilities);

}  // namespace anyclaude
