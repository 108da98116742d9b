// How the real `claude` is started against our server: its environment and its arguments. A pure
// function, since everything that a local server needs of the client is decided here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/environment.h"

namespace anyclaude {

// Claude Code's prompt with all its tools is about 20,000 tokens, with the four that a coding
// session cannot do without 3,800.
inline constexpr uint32_t full_prompt_tokens = 20'000;
inline constexpr uint32_t small_prompt_tokens = 3'800;
inline constexpr uint32_t small_context_tokens =
    16'384;  // below it: only the four tools, short answers
inline constexpr uint32_t cramped_context_tokens = 6 * 1024;  // below it even these leave no room

struct ClientPoint {
  std::string base_url;  // http://127.0.0.1:8484
  std::string key;       // empty: the server asks for none
  std::string model_id;
  std::string small_model_id;  // for titles and the like
  uint32_t context_tokens = 0;
  uint32_t output_tokens_max = 0;
};

struct ClientPlan {
  Environment environment;
  std::vector<std::string> arguments;
  std::vector<std::string> notes;  // for the user, one sentence each
};

// What the user has set himself is kept, but for where requests go, with which key and to which
// model: that is what he started us for.
ClientPlan plan_client(const ClientPoint& point, const Environment& environment,
                       const std::vector<std::string>& arguments);

}  // namespace anyclaude
