#include "engine/remote/token_count.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "engine/remote/anthropic_request.h"
#include "engine/remote/openai_request.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

constexpr std::chrono::milliseconds timeout{5'000};

Result<uint32_t> ask(UpstreamClient& client, std::string_view path, std::string body,
                     const char* key) {
  const auto answer = TRY(client.ask({path, UpstreamPath::Under::host}, std::move(body), timeout));
  const auto counted = parse_json(answer.body, {});
  if (answer.status == 200 && counted && counted->is_object()) {
    const auto count = counted->find(key);
    if (count != counted->end() && count->is_number_unsigned()) return count->get<uint32_t>();
  }
  return fail(Error::Kind::upstream, "The server counts no tokens.");
}

}  // namespace

Result<uint32_t> ask_token_count(UpstreamClient& client, const CanonicalConversation& canonical,
                                 const Conversation& conversation, const std::string& model) {
  auto counted = ask(client, "/v1/messages/count_tokens",
                     encode_anthropic_count(canonical, conversation, model), "input_tokens");
  if (counted) return counted;
  return ask(client, "/tokenize", encode_openai_request(canonical, conversation, {.model = model}),
             "count");
}

}  // namespace anyclaude
