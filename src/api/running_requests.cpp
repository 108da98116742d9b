#include "api/running_requests.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "protocol/anthropic_reply.h"

namespace anyclaude {
namespace {

using Seconds = std::chrono::duration<double>;

// Of fewer computed tokens nothing is told of the rest: some wait long for their turn.
constexpr uint32_t measured_tokens_min = 32;

const char* phase_name(Waiting::Phase phase) {
  switch (phase) {
    case Waiting::Phase::queued:
      return "queued";
    case Waiting::Phase::prefill:
      return "prefill";
    case Waiting::Phase::decode:
      return "decode";
  }
  return "queued";
}

}  // namespace

RunningRequests::RunningRequests(RequestHistory& history, Savings& savings)
    : history_(history), savings_(savings), idle_since_(Clock::now()) {}

RunningReport RunningRequests::report(const State& state, Clock::time_point now) {
  const Waiting& progress = state.progress;
  RunningReport report{.names = state.names,
                       .phase = phase_name(progress.phase),
                       .prompt_tokens = progress.prompt_tokens,
                       .prompt_tokens_done = progress.prompt_tokens_done,
                       .prompt_tokens_reused = progress.prompt_tokens_reused,
                       .output_tokens = state.output_events,
                       .seconds = Seconds(now - state.begin).count()};
  const uint32_t computed = progress.prompt_tokens_done - progress.prompt_tokens_reused;
  if (progress.phase == Waiting::Phase::prefill && state.prefill_begin &&
      computed >= measured_tokens_min) {
    const double token_s = Seconds(now - *state.prefill_begin).count() / computed;
    report.eta_s = token_s * (progress.prompt_tokens - progress.prompt_tokens_done);
  }
  if (state.first_token && state.output_events > 1) {
    const double seconds = Seconds(now - *state.first_token).count();
    if (seconds > 0) report.tokens_per_s = (state.output_events - 1) / seconds;
  }
  return report;
}

RunningList RunningRequests::list(Clock::time_point now) const {
  RunningList list;
  const MutexLock lock(mutex_);
  for (const State& state : running_) list.requests.push_back(report(state, now));
  return list;
}

bool RunningRequests::empty() const {
  const MutexLock lock(mutex_);
  return running_.empty();
}

std::chrono::seconds RunningRequests::idle(Clock::time_point now) const {
  const MutexLock lock(mutex_);
  if (!running_.empty()) return std::chrono::seconds(0);
  return std::chrono::duration_cast<std::chrono::seconds>(now - idle_since_);
}

RunningRequests::Entry::Entry(RunningRequests& all, const Request& request) : all_(all) {
  const MutexLock lock(all_.mutex_);
  state_ =
      all_.running_.insert(all_.running_.end(), {.names = {.id = request.origin.request_id,
                                                           .session = request.origin.session_id,
                                                           .agent = request.origin.agent_id,
                                                           .key = request.origin.key_name,
                                                           .model = request.model},
                                                 .begin = Clock::now()});
}

RunningRequests::Entry::~Entry() {
  if (!ended_) {
    FinishedReport report = so_far();
    report.stop = "cancelled";
    keep(std::move(report));
  }
  const MutexLock lock(all_.mutex_);
  all_.running_.erase(state_);
  all_.idle_since_ = Clock::now();
}

void RunningRequests::Entry::accepted(uint32_t prompt_tokens) {
  const MutexLock lock(all_.mutex_);
  state_->progress.prompt_tokens = prompt_tokens;
}

void RunningRequests::Entry::answered_by(std::string backend, std::string reason) {
  const MutexLock lock(all_.mutex_);
  state_->names.backend = std::move(backend);
  state_->names.reason = std::move(reason);
}

void RunningRequests::Entry::note(const Event& event) {
  const auto now = Clock::now();
  const MutexLock lock(all_.mutex_);
  if (const auto* waiting = std::get_if<Waiting>(&event)) {
    if (waiting->phase != Waiting::Phase::queued && !state_->prefill_begin) {
      state_->prefill_begin = now;
    }
    const uint32_t prompt_tokens = state_->progress.prompt_tokens;
    state_->progress = *waiting;
    // Before its turn a backend may not have told yet what `accepted` knows.
    if (waiting->prompt_tokens == 0) state_->progress.prompt_tokens = prompt_tokens;
    return;
  }
  // Events come about one a token; the exact number is known only at the end.
  ++state_->output_events;
  if (!state_->first_token) state_->first_token = now;
  state_->progress.phase = Waiting::Phase::decode;
  state_->progress.prompt_tokens_done = state_->progress.prompt_tokens;
}

FinishedReport RunningRequests::Entry::so_far() const {
  const MutexLock lock(all_.mutex_);
  RunningReport running = report(*state_, Clock::now());
  FinishedReport report{.names = std::move(running.names),
                        .ended_s = system_now_s(),
                        .seconds = running.seconds,
                        .prompt_tokens = running.prompt_tokens,
                        .prompt_tokens_reused = running.prompt_tokens_reused,
                        .output_tokens = running.output_tokens};
  if (state_->first_token) {
    report.first_token_s = Seconds(*state_->first_token - state_->begin).count();
  }
  return report;
}

void RunningRequests::Entry::end(const Finish& finish) {
  if (ended_) return;
  FinishedReport report = so_far();
  report.stop = stop_reason_name(finish.reason);
  report.prompt_tokens = finish.usage.prompt_tokens;
  report.prompt_tokens_reused =
      std::min(finish.usage.prompt_tokens_cached, finish.usage.prompt_tokens);
  report.output_tokens = finish.usage.output_tokens;
  if (finish.prompt) {
    report.sections = {.tools = finish.prompt->tools_tokens,
                       .instructions = finish.prompt->instructions_tokens,
                       .context = finish.prompt->context_tokens,
                       .messages = finish.prompt->messages_tokens};
    report.new_from = finish.prompt->new_from;
    report.why = finish.prompt->reason;
  }
  double prefill_s = report.first_token_s;
  {
    const MutexLock lock(all_.mutex_);
    if (state_->prefill_begin && state_->first_token) {
      prefill_s = Seconds(*state_->first_token - *state_->prefill_begin).count();
    }
  }
  report.saved_s = all_.savings_.add(report, prefill_s, report.ended_s);
  keep(std::move(report));
}

void RunningRequests::Entry::fail(const Error& error) {
  if (ended_) return;
  FinishedReport report = so_far();
  const bool left = error.kind == Error::Kind::cancelled;
  report.stop = left ? "cancelled" : "failed";
  if (!left) report.error = error.message;
  keep(std::move(report));
}

void RunningRequests::Entry::keep(FinishedReport report) {
  ended_ = true;
  all_.history_.add(std::move(report));
}

}  // namespace anyclaude
