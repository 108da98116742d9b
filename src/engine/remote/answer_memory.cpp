#include "engine/remote/answer_memory.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

uint64_t cost_of(const CanonicalMessage& message) {
  uint64_t bytes = sizeof(message) + sizeof(EchoName) + message.text.size();
  for (const CanonicalCall& call : message.calls) {
    bytes += sizeof(call) + call.id.size() + call.name.size() + call.arguments_json.size();
  }
  return bytes;
}

}  // namespace

EchoName AnswerMemory::restore(CanonicalConversation& conversation, std::string_view whose) {
  EchoName name = echo_begin(whose);
  for (CanonicalMessage& message : conversation.messages) {
    if (message.role == CanonicalRole::system) continue;
    name = echo_name(name, message);
    if (message.role != CanonicalRole::assistant) continue;
    const MutexLock lock(mutex_);
    if (const CanonicalMessage* written = answers_.find(name)) message = *written;
  }
  return name;
}

void AnswerMemory::add(const EchoName& conversation, const CanonicalMessage& told,
                       const CanonicalMessage& written) {
  if (told.text.empty() && told.calls.empty()) return;  // it does not come back
  const MutexLock lock(mutex_);
  for (const EchoName& name : echo_names(conversation, told)) {
    answers_.put(name, written, cost_of(written));
  }
}

}  // namespace anyclaude
