// One request to a remote server, from its sending to the end of its answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/backend.h"
#include "engine/remote/remote_answer.h"
#include "net/upstream_client.h"
#include "prompt/canonical.h"

namespace anyclaude {

// What a server's refusal means for whoever asked us.
using RefusalReader = std::function<Error(int status, const std::string& body)>;

class RemoteGeneration final : public Generation {
 public:
  struct Options {
    uint32_t prompt_tokens = 0;  // as far as is known before the server has counted
    // The whole answer: what the server counted, what the client was told, and the text as the
    // server wrote it.
    std::function<void(const Usage&, const CanonicalMessage& told, const std::string& written)>
        answered;
    std::function<void()> failed;  // the answer that `run` waited for broke off
  };

  RemoteGeneration(std::unique_ptr<UpstreamExchange> exchange, std::unique_ptr<RemoteAnswer> answer,
                   RefusalReader refusal, Options options);

  // Waits until the server takes or refuses the request, at most so long: what it refuses at once
  // can then be refused with a status. No error: it has taken it, or is still silent.
  Result<void> wait_for_status(std::chrono::milliseconds wait);
  // The server has sent nothing at all; the same request may be sent again.
  bool untouched() const { return !exchange_->begun(); }

  uint32_t prompt_tokens() const override { return options_.prompt_tokens; }
  Result<Finish> run(const EventSink& sink) override;

 private:
  Result<void> take(const UpstreamExchange::Progress& progress);
  Result<void> take_body(std::string_view bytes, bool ended);
  Result<void> run_to_end(const EventSink& sink);
  Result<void> give_arrived(const EventSink& sink);
  Result<void> give(const EventSink& sink);

  const std::unique_ptr<UpstreamExchange> exchange_;
  const std::unique_ptr<RemoteAnswer> answer_;
  const RefusalReader refusal_;
  const Options options_;
  SseParser parser_;
  bool head_ = false;
  bool ended_ = false;
  bool whole_ = false;  // the body is no stream
  bool first_seen_ = false;
  std::string body_;               // of a refusal, or of an answer that is not streamed
  std::vector<SseEvent> arrived_;  // of a stream, not made into events yet
  std::vector<Event> events_;
  CanonicalMessage told_;
};

}  // namespace anyclaude
