#include "engine/remote/remote_generation.h"

#include <algorithm>
#include <iterator>
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

std::unexpected<Error> left() { return fail(Error::Kind::cancelled, "The client has left."); }

}  // namespace

RemoteGeneration::RemoteGeneration(std::unique_ptr<UpstreamExchange> exchange,
                                   std::unique_ptr<RemoteAnswer> answer, RefusalReader refusal,
                                   Options options)
    : exchange_(std::move(exchange)),
      answer_(std::move(answer)),
      refusal_(std::move(refusal)),
      options_(std::move(options)) {
  told_.role = CanonicalMessage::Role::assistant;
}

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
  const auto ended = run_to_end(sink);
  if (!ended) {
    if (ended.error().kind != Error::Kind::cancelled) options_.failed();
    return std::unexpected(ended.error());
  }
  Finish finish = answer_->finish();
  options_.answered(finish.usage, told_, answer_->written());
  if (finish.usage.prompt_tokens == 0) finish.usage.prompt_tokens = options_.prompt_tokens;
  return finish;
}

Result<void> RemoteGeneration::run_to_end(const EventSink& sink) {
  TRY_VOID(give_arrived(sink));
  while (!ended_) {
    const auto progress = exchange_->wait_for(look_interval);
    if (!progress) return std::unexpected(progress.error());
    const auto taken = take(*progress);
    const bool silent = arrived_.empty() && events_.empty();
    TRY_VOID(give_arrived(sink));  // also what came before something that was wrong
    TRY_VOID(taken);
    const auto phase = first_seen_ ? Waiting::Phase::decode : Waiting::Phase::prefill;
    if (silent && !sink(Waiting{phase, 0, options_.prompt_tokens})) return left();
  }
  const auto ended = answer_->end(events_);
  TRY_VOID(give(sink));
  return ended;
}

// One after the other: the client has the first piece before the second is looked at.
Result<void> RemoteGeneration::give_arrived(const EventSink& sink) {
  for (SseEvent& event : std::exchange(arrived_, {})) {
    const auto taken = answer_->take(std::move(event), events_);
    TRY_VOID(give(sink));
    TRY_VOID(taken);
  }
  return give(sink);
}

Result<void> RemoteGeneration::give(const EventSink& sink) {
  for (const Event& event : std::exchange(events_, {})) {
    first_seen_ = true;
    append_event(told_, event);
    if (!sink(event)) return left();
  }
  return {};
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
    return answer_->take_whole(std::move(body_), events_);
  }
  auto parsed = parser_.feed(bytes);
  if (!parsed) return fail(Error::Kind::upstream, "The model's server sent an event without end.");
  std::ranges::move(*parsed, std::back_inserter(arrived_));
  return {};
}

}  // namespace anyclaude
