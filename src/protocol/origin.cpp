#include "protocol/origin.h"

namespace anyclaude {

bool is_background(const Request& request) {
  const Origin& origin = request.origin;
  return origin.agent_id.empty() && !origin.session_id.empty() &&
         request.conversation.tools.empty();
}

std::string conversation_of(const Request& request) {
  const Origin& origin = request.origin;
  if (origin.session_id.empty()) return "";
  const bool side = request.conversation.tools.empty();
  return origin.key_name + '\n' + origin.session_id + '\n' + origin.agent_id +
         (side ? "\nside" : "");
}

}  // namespace anyclaude
