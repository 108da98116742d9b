// Whatever comes, the decoder answers with a request or with an error of the client's; what it
// takes is clean, and the same request in other spelling means the same.
#include <string>

#include "fuzz_target.h"
#include "protocol/completions_reply.h"
#include "protocol/completions_request.h"
#include "protocol/json_text.h"
#include "request_digest.h"

namespace anyclaude {
namespace {

// Who says what in a conversation, whatever the client sent.
void check_turns(const Conversation& conversation) {
  for (const Message& message : conversation.messages) {
    bool results = false;
    for (const Block& block : message.blocks) {
      const bool call = std::holds_alternative<ToolUseBlock>(block);
      const bool result = std::holds_alternative<ToolResultBlock>(block);
      promise(!call || message.role == Role::assistant, "only the assistant calls");
      promise(!result || message.role == Role::user, "results come from the user's side");
      results |= result;
    }
    for (const Block& block : message.blocks) {
      promise(!results || std::holds_alternative<ToolResultBlock>(block),
              "a turn of results holds nothing else");
    }
  }
}

void check(const std::string& body) {
  const RequestLimits limits = small_limits();
  const auto decoded = decode_completions_request(body, limits);
  if (!decoded) {
    promise(decoded.error().kind == Error::Kind::invalid_request, "the client's error");
    promise(!decoded.error().message.empty(), "errors say something");
    const std::string error = encode_completions_error(400, decoded.error().message);
    promise(parse_json(error, {}).has_value(), "errors can be sent");
    return;
  }
  const Digest digest(decoded->request);
  check_turns(decoded->request.conversation);

  const std::string pretty = parse_json(body, limits.json)->dump(3, ' ', true);
  const auto again = decode_completions_request(pretty, limits);
  promise(again.has_value(), "spelling does not matter");
  promise(again->stream == decoded->stream, "spelling does not change how it is answered");
  promise(Digest(again->request).value() == digest.value(), "spelling does not change the meaning");
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
