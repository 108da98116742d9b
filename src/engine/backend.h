// Something that answers conversations: the embedded engine, another server, or a script in tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "protocol/chat.h"

namespace anyclaude {

// Receives an answer's events in order, on the thread that called Generation::run.
// Returning false means that the client has left: the generation stops.
using EventSink = std::function<bool(const Event&)>;

// One accepted request. Owned by the thread that serves it; not thread-safe. Destroying it cancels
// what is still running; what was computed stays in the backend's cache.
class Generation {
 public:
  virtual ~Generation() = default;

  // The prompt's length, exact, known before anything is computed.
  virtual uint32_t prompt_tokens() const = 0;

  // Produces the answer; blocks until its end. Called once. The sink hears from it at least four
  // times a second. Error::cancelled when the sink returned false.
  virtual Result<Finish> run(const EventSink& sink) = 0;

  // Who answers, where the backend chose among several, and why, in one line. May change while
  // `run` has given no event yet.
  virtual std::string backend() const { return {}; }
  virtual std::string reason() const { return {}; }
};

struct ModelInfo {
  std::string id;               // what the API calls it
  std::string description;      // for people: "SmolLM2 135M Q4_1"
  uint32_t context_tokens = 0;  // prompt and answer together; 0: not known yet
  uint32_t output_tokens_max = 0;
  bool loaded = true;  // else it is when a request names it
};

struct Readiness {
  bool ready = false;   // requests can be answered now
  bool failed = false;  // it will never be ready; `what` says why and what to do
  float progress = 0;   // of what it is doing, [0, 1]
  std::string what;     // "loading model", or the failure
};

// What a request may find there. Cheap: asked for each of them.
struct Abilities {
  bool ready = false;
  bool tools = true;    // shows them to its model; else they are told in words
  bool images = false;  // its model sees them
  // Gets requests of the Messages API as they were sent (SentRequest), and searches the web itself.
  bool passes_on = false;
  uint32_t context_tokens = 0;
};

// For people: (name, text).
using Report = std::vector<std::pair<std::string, std::string>>;

// Thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;  // "embedded", "mlx-lm" ...

  // The models it answers for; empty while it is still loading.
  virtual std::vector<ModelInfo> models() const = 0;

  virtual Readiness readiness() const = 0;

  virtual Abilities abilities() const {
    const auto served = models();
    return {.ready = readiness().ready,
            .context_tokens = served.empty() ? 0 : served.front().context_tokens};
  }

  // What it chose and found out, once it is ready: of a model, or of another server.
  virtual Report report() const { return {}; }

  // Does everything that can be refused with a status: renders and tokenises the prompt, checks it
  // against the context, takes a place in the queue. The work itself begins at once.
  virtual Result<std::unique_ptr<Generation>> start(Request request) = 0;

  // Exact where the backend has the tokeniser; never generates.
  virtual Result<uint32_t> count_tokens(const Request& request) = 0;
};

}  // namespace anyclaude
