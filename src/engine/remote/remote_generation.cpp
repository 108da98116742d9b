#include "engine/remote/remote_generation.h"

#include <utility>

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

// How often a silent server's client is looked after.
constexpr milliseconds look_interval{200};
constexpr size_t refusal_bytes_max = 64u << 10;
constexpr size_t whole_bytes_max = 64u << 20;

bool is_stream(const UpstreamExchange& exchange) {
  return exchange.header("content-type").find("text/event-stream") != std::string::npos;
}

}  // namespace

RemoteGeneration::RemoteGeneration(std::unique_ptr<UpstreamExchange> exchange,
                                   std::unique_ptr<RemoteAnswer> answer, RefusalReader refusal,
                                   Options options)
    : exchange_(std::move(exchange)),
      answer_(std::move(answer)),
      refusal_(std::move(refusal)),
      options_(std::move(options)) {}

Result<void> RemoteGeneration::wait_for_status(milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  // A refusal is complete only with its body.
  while (!ended_ && (!head_ || exchange_->status() != 200)) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    auto progress = exchange_->wait_for(left);
    if (!progress) return std::unexpected(std::move(progress).error());
    TRY_VOID(take(*progress));
  }
  return {};
}

Result<Finish> RemoteGeneration::run(const EventSink& sink) {
  while (true) {
    if (!TRY(give(sink))) return fail(Error::Kind::cancelled, "The client has left.");
    if (ended_) break;
    auto progress = exchange_->wait_for(look_interval);
    if (!progress) return std::unexpected(std::move(progress).error());
    const bool silent = progress->bytes.empty() && !progress->ended;
    TRY_VOID(take(*progress));
    if (!silent && !events_.empty()) continue;
    const auto phase = first_seen_ ? Waiting::Phase::decode : Waiting::Phase::prefill;
    if (!sink(Waiting{phase, 0, options_.prompt_tokens})) {
      return fail(Error::Kind::cancelled, "The client has left.");
    }
  }
  Finish finish = answer_->finish();
  if (options_.counted) options_.counted(finish.usage);
  if (finish.usage.prompt_tokens == 0) finish.usage.prompt_tokens = options_.prompt_tokens;
  return finish;
}

Result<bool> RemoteGeneration::give(const EventSink& sink) {
  for (const Event& event : std::exchange(events_, {})) {
    first_seen_ = true;
    if (!sink(event)) return false;
  }
  return true;
}

Result<void> RemoteGeneration::take(const UpstreamExchange::Progress& progress) {
  if (progress.head && !head_) {
    head_ = true;
    whole_ = exchange_->status() != 200 || !is_stream(*exchange_);
  }
  ended_ = progress.ended;
  return take_body(progress.bytes, progress.ended);
}

Result<void> RemoteGeneration::take_body(std::string_view bytes, bool ended) {
  if (whole_) {
    const bool refused = exchange_->status() != 200;
    body_ += bytes;
    if (refused && body_.size() > refusal_bytes_max) body_.resize(refusal_bytes_max);
    if (body_.size() > whole_bytes_max) {
      return fail(Error::Kind::upstream, "The model's server sent an answer without end.");
    }
    if (!ended) return {};
    if (refused) return std::unexpected(refusal_(exchange_->status(), body_));
    TRY_VOID(answer_->take_whole(std::move(body_), events_));
    return answer_->end(events_);
  }
  const auto parsed = parser_.feed(bytes);
  if (!parsed) return fail(Error::Kind::upstream, "The model's server sent an event without end.");
  for (const SseEvent& event : *parsed) TRY_VOID(answer_->take(event, events_));
  return ended ? answer_->end(events_) : Result<void>();
}

}  // namespace anyclaude
