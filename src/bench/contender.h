// A server that takes part in a bench, as the runner sees it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/reply_reader.h"
#include "protocol/chat.h"

namespace anyclaude {

struct Measured {
  double first_s = 0;  // from sending until the answer begins
  double whole_s = 0;  // until its end
  TokenCounts tokens;
};

struct ContenderFacts {
  std::string name;             // short, for charts: "anyclaude", "localhost:9001"
  std::string url;              // without a path
  std::string model;            // as it calls it
  std::string api;              // "Messages", "Chat Completions"
  uint32_t context_tokens = 0;  // 0: it does not say
};

// Errors: Error::cancelled where the user wants to stop, any other says why it cannot go on.
class Contender {
 public:
  virtual ~Contender() = default;

  virtual ContenderFacts facts() const = 0;

  // One request to its end. `agent`: who asks in its name; empty: the main loop. Thread-safe.
  virtual Result<Measured> ask(const Conversation& conversation, const std::string& agent) = 0;

  // Prompt tokens of the request, without computing it. Error::not_found where it does not count.
  virtual Result<uint32_t> count(const Conversation& conversation) = 0;

  // Returns when it does nothing of its own accord any more, so that the next one has the machine
  // to itself, and its own restart finds all that it would keep.
  virtual Result<void> settle() = 0;

  // Whether `restart` can be asked for: it is our own process.
  virtual bool restarts() const = 0;
  // Ends it and starts it again; returns when it can answer.
  virtual Result<void> restart() = 0;
};

}  // namespace anyclaude
