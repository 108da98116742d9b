// The vocabulary of the program: a conversation as every part understands it, and the events of an
// answer. Plain values, no I/O, no JSON library. The wire formats (protocol/anthropic_request.h and
// its neighbours) are decoded into these at the door and encoded from them on the way out.
//
// Strings are UTF-8. Members named *_json hold the text of one JSON value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace anyclaude {

// ---- A conversation -----------------------------------------------------------------------------

enum class Role { user, assistant, system };

struct TextBlock {
  std::string text;
};

struct ThinkingBlock {
  std::string text;
  std::string signature;
};

// An image or a document. What the model cannot see becomes a short text that says so
// (prompt/canonical.h).
struct MediaBlock {
  enum class Kind { image, document };
  Kind kind = Kind::image;
  std::string media_type;  // "image/png"; may be empty
  std::string data;        // base64 as it came, or a URL; may be empty
  std::string title;       // of a document; may be empty
};

// What a tool that looks for others answers with: from here on this one is there too.
struct ToolReferenceBlock {
  std::string tool_name;
};

struct ToolUseBlock {
  std::string id;
  std::string name;
  std::string input_json;  // an object
};

struct ToolResultBlock {
  std::string tool_use_id;
  std::vector<std::variant<TextBlock, MediaBlock, ToolReferenceBlock>> content;
  bool is_error = false;
};

using Block = std::variant<TextBlock, ThinkingBlock, MediaBlock, ToolReferenceBlock, ToolUseBlock,
                           ToolResultBlock>;

struct Message {
  Role role = Role::user;
  std::vector<Block> blocks;  // may be empty: clients send empty content
};

struct Tool {
  std::string name;
  std::string description;
  std::string input_schema_json;  // a JSON schema; "{}" where none was given
  bool deferred = false;          // the model knows it from where a result refers to it
};

struct ToolChoice {
  enum class Mode { automatic, any, tool, none };
  Mode mode = Mode::automatic;
  std::string name;  // of the one tool, with Mode::tool
  bool parallel = true;
};

struct ThinkingChoice {
  enum class Mode { unset, adaptive, enabled, disabled };
  Mode mode = Mode::unset;
  int32_t budget_tokens = 0;  // with enabled; 0: no budget
};

struct SamplingChoice {
  std::optional<float> temperature;  // [0, 1] in the API; unset: the model's default
  std::optional<float> top_p;
  std::optional<int32_t> top_k;
};

struct Conversation {
  std::vector<std::string> system;  // the text blocks of the top-level system prompt
  std::vector<Message> messages;
  std::vector<Tool> tools;
  bool searches_web = false;  // all that was given is a web search of the server's own
  ToolChoice tool_choice;
  ThinkingChoice thinking;
  SamplingChoice sampling;
  std::vector<std::string> stop_sequences;
  std::string output_schema_json;  // answer must be JSON of this schema; empty: no constraint
  int32_t max_tokens = 0;          // as asked for; backends clamp it
};

// Who asks. Decides scheduling, never the answer.
struct Origin {
  std::string request_id;
  std::string session_id;  // X-Claude-Code-Session-Id
  std::string agent_id;    // x-claude-code-agent-id, sub-agents only
  std::string key_name;    // which configured API key
  // Whose computed prompts it may use, and who may use its own: those of the same text. Empty: the
  // owner of the server.
  std::string sharing;
  // Nobody asks: the beginning of the prompt that others have too is computed ahead, up to the
  // first user's words, when there is nothing else to do.
  bool warming = false;
};

// A request of the Messages API as its client sent it, for a server that gets it so.
struct SentRequest {
  std::string body;  // empty: it came by another API, or nobody would want it
  // (name, value): its anthropic-beta; and the caller's own key, where we ask for none.
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Request {
  std::string model;  // as the client named it
  Conversation conversation;
  Origin origin;
  SentRequest as_sent;
};

// ---- An answer ----------------------------------------------------------------------------------

// Nothing new; sent every fraction of a second while the backend is busy so that the receiver can
// look whether its client is still there, send a ping, and show progress.
struct Waiting {
  enum class Phase { queued, prefill, decode };
  Phase phase = Phase::queued;
  uint32_t prompt_tokens_done = 0;  // of this prompt, reused or computed
  uint32_t prompt_tokens = 0;
  uint32_t prompt_tokens_reused = 0;  // of those that are done
};
struct TextDelta {
  std::string text;
};
struct ThinkingDelta {
  std::string text;
};
struct ToolUseStart {
  std::string id;
  std::string name;
};
// Belongs to the last ToolUseStart; the deltas together are one JSON object.
struct ToolInputDelta {
  std::string json;
};

// Of an answer to a request that was passed on as it came: an event of the Messages API as the
// server sent it, the first (message_start) left out. Without a name: the whole message.
struct PassedOn {
  std::string name;
  std::string data;
};

using Event =
    std::variant<Waiting, TextDelta, ThinkingDelta, ToolUseStart, ToolInputDelta, PassedOn>;

enum class StopReason { end_turn, max_tokens, stop_sequence, tool_use };

struct Usage {
  uint32_t prompt_tokens = 0;         // all of the prompt
  uint32_t prompt_tokens_cached = 0;  // of these, not computed for this request
  uint32_t output_tokens = 0;
};

// A prompt as people see it, for those who ask where it left what was known. Names no words of it,
// but for the names of tools.
struct PromptAccount {
  uint32_t tools_tokens = 0;
  uint32_t instructions_tokens = 0;
  uint32_t context_tokens = 0;  // what the client puts in front of the first prompt
  uint32_t messages_tokens = 0;
  std::string reason;    // of departure_reasons (prompt/explain.h): why no more was found
  std::string new_from;  // the first part that was new: "context, line 3"; empty: none is known
};

// What an answer ends with.
struct Finish {
  StopReason reason = StopReason::end_turn;
  std::string stop_sequence;  // with StopReason::stop_sequence
  Usage usage;
  std::optional<PromptAccount> prompt;  // nothing: who answered does not tell
};

}  // namespace anyclaude
