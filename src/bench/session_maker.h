// Conversations in the shape of Claude Code's: about two dozen tools whose descriptions and schemas
// are most of the prompt, a system text, reminders in front of the first words, then turns of tool
// calls and results; and sub-agents with fewer of the same tools, a system text of their own and
// one task each. All text is made up (bench/text_maker.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/chat.h"

namespace anyclaude {

// Sizes in bytes of text, schemas as JSON.
struct SessionShape {
  uint64_t seed = 1;
  size_t tools_bytes = 71'000;  // of all tools together
  size_t system_bytes = 7'000;
  size_t agent_system_bytes = 3'300;
  size_t reminder_bytes = 9'000;  // more than half of it about the folder
  size_t prompt_bytes = 160;      // what the user types
  size_t result_bytes = 80;       // of a tool's result: a turn is about 100 tokens

  // The same with a first prompt about `factor` times as long; turns keep their size.
  SessionShape scaled(double factor) const;
};

// With that many tokens in the first prompt, about: by a usual number of bytes a token.
SessionShape shape_of_tokens(uint32_t tokens, uint64_t seed);

// The conversations of one user of that shape. Equal parts are equal byte for byte: the tools, the
// system text and the reminder of skills everywhere, the reminder of the folder within a folder.
// Asks for answers of one token. One thread.
class SessionMaker {
 public:
  explicit SessionMaker(const SessionShape& shape);

  // What is asked for the `turns`-th time in a folder (from 1): the first words, then each time a
  // tool's call and result more.
  Conversation turn(std::string_view folder, size_t turns) const;
  // `before` goes on with an answer and another question of the user's.
  Conversation next_question(Conversation before, std::string_view name) const;
  // What the first requests of `count` sub-agents say: of four kinds, two of which have one set of
  // tools and two a smaller one.
  std::vector<Conversation> sub_agents(std::string_view folder, size_t count) const;

 private:
  Conversation opening(std::vector<Tool> tools, std::string_view system_name, size_t system_bytes,
                       std::string_view folder) const;
  std::vector<Tool> first_tools(size_t count) const;  // by name

  const SessionShape shape_;
  std::vector<Tool> tools_;  // those of all agents first
};

}  // namespace anyclaude
