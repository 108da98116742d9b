// Whatever comes, the decoder answers with a request or with an error of the client's; what it
// takes is clean, and the same request in other spelling means the same.
#include <string>

#include "fuzz_target.h"
#include "protocol/anthropic_reply.h"
#include "protocol/anthropic_request.h"
#include "protocol/json_text.h"
#include "request_digest.h"

namespace anyclaude {
namespace {

void check(const std::string& body) {
  const RequestLimits limits = small_limits();
  const auto counted = decode_count_tokens_request(body, limits);
  const auto decoded = decode_messages_request(body, limits);
  if (!decoded) {
    promise(decoded.error().kind == Error::Kind::invalid_request, "the client's error");
    promise(!decoded.error().message.empty(), "errors say something");
    const std::string error = encode_error("x", decoded.error().message, "y");
    promise(parse_json(error, {}).has_value(), "errors can be sent");
    return;
  }
  promise(counted.has_value(), "what is answered can be counted");
  const Digest digest(decoded->request);
  promise(Digest(*counted).value() == digest.value(), "what is counted is what is answered");

  const std::string pretty = parse_json(body, limits.json)->dump(3, ' ', true);
  const auto again = decode_messages_request(pretty, limits);
  promise(again.has_value(), "spelling does not matter");
  promise(Digest(again->request).value() == digest.value(), "spelling does not change the meaning");
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
