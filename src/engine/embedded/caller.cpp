#include "engine/embedded/caller.h"

#include <algorithm>
#include <variant>

#include "protocol/json_string.h"
#include "protocol/origin.h"

namespace anyclaude {

Priority priority_of(const Request& request) {
  if (request.origin.warming) return Priority::idle;
  if (!request.origin.agent_id.empty()) return Priority::agent;
  return is_background(request) ? Priority::background : Priority::main;
}

std::string first_words(const Conversation& conversation) {
  constexpr size_t bytes_max = 120;
  for (const Message& message : conversation.messages) {
    if (message.role != Role::user) continue;
    for (auto block = message.blocks.rbegin(); block != message.blocks.rend(); ++block) {
      const auto* text = std::get_if<TextBlock>(&*block);
      if (!text || text->text.empty() || text->text.starts_with("<system-reminder>")) continue;
      std::string words = text->text.substr(0, bytes_max);
      words.resize(find_invalid_utf8(words).value_or(words.size()));
      std::replace_if(words.begin(), words.end(), [](unsigned char c) { return c < ' '; }, ' ');
      return words;
    }
  }
  return {};
}

}  // namespace anyclaude
