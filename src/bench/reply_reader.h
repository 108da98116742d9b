// What a bench wants to know of a streamed answer: when it begins, that it is whole, and how many
// tokens its prompt had. Counts that a server does not tell stay unknown; nothing is guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bench/request_body.h"
#include "protocol/json_text.h"
#include "protocol/sse.h"

namespace anyclaude {

struct TokenCounts {
  std::optional<uint32_t> prompt;  // all of it
  std::optional<uint32_t> reused;  // of these, not computed for this request
};

// One answer. Not thread-safe.
class ReplyReader {
 public:
  explicit ReplyReader(BenchApi api) : api_(api) {}

  // The next bytes of the stream. Error::upstream for an error in it and for what is none.
  Result<void> take(std::string_view bytes);
  // The server has no more to say. Error::upstream where it stopped in the middle.
  Result<void> end() const;

  // Something of the answer has come: text, thought, a call, or that it ends without any.
  bool begun() const { return begun_; }
  const TokenCounts& tokens() const { return tokens_; }

 private:
  Result<void> take_event(const std::string& data);
  void take_messages_event(Json& event);
  void take_completions_chunk(Json& chunk);
  void take_messages_usage(Json& holder);

  const BenchApi api_;
  SseParser parser_;
  bool begun_ = false;
  bool ended_ = false;
  TokenCounts tokens_;
};

}  // namespace anyclaude
