// Answers as their server wrote them. Clients send them back written anew: inputs of tools with
// other spacing, blanks stripped, calls that were told in words put together again. Sent on like
// that, a server's cache would end at the last answer; so its own words stand in the next prompt.
//
// Bounded, and gone with this process: what it forgets costs the server some tokens and nothing
// else.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/recent.h"
#include "base/sync.h"
#include "prompt/canonical.h"
#include "prompt/echo.h"

namespace anyclaude {

// Thread-safe.
class AnswerMemory {
 public:
  static constexpr uint64_t bytes_max_default = 16ull << 20;

  explicit AnswerMemory(uint64_t bytes_max = bytes_max_default) : answers_(bytes_max) {}

  // Puts in the place of each answer that is known what its server wrote. The name of the whole
  // conversation, for `add`. `whose`: the server's model, and who may share its answers.
  EchoName restore(CanonicalConversation& conversation, std::string_view whose);

  // The answer to a conversation of that name: as the client was told it, and as it was written.
  void add(const EchoName& conversation, const CanonicalMessage& told,
           const CanonicalMessage& written);

 private:
  Mutex mutex_;
  Recent<EchoName, CanonicalMessage> answers_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
