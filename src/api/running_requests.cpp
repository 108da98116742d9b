#include "api/running_requests.h"

#include <fmt/format.h>

#include <variant>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

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

RunningRequests::RunningRequests() : idle_since_(Clock::now()) {}

std::string RunningRequests::encode(Clock::time_point now) const {
  const MutexLock lock(mutex_);
  std::string list;
  for (const State& state : running_) {
    const std::chrono::duration<double> age = now - state.begin;
    list += fmt::format(
        R"({}{{"id":{},"session":{},"agent":{},"key":{},"model":{},"phase":"{}",)"
        R"("prompt_tokens":{},"prompt_tokens_done":{},"output_tokens":{},"seconds":{:.3f}}})",
        list.empty() ? "" : ",", json_string(state.origin.request_id),
        json_string(state.origin.session_id), json_string(state.origin.agent_id),
        json_string(state.origin.key_name), json_string(state.model),
        phase_name(state.progress.phase), state.progress.prompt_tokens,
        state.progress.prompt_tokens_done, state.output_events, age.count());
  }
  return "{\"requests\":[" + list + "]}";
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
  state_ = all_.running_.insert(all_.running_.end(),
                                {request.origin, request.model, Clock::now(), {}, 0});
}

RunningRequests::Entry::~Entry() {
  const MutexLock lock(all_.mutex_);
  all_.running_.erase(state_);
  all_.idle_since_ = Clock::now();
}

void RunningRequests::Entry::accepted(uint32_t prompt_tokens) {
  const MutexLock lock(all_.mutex_);
  state_->progress.prompt_tokens = prompt_tokens;
}

void RunningRequests::Entry::note(const Event& event) {
  const MutexLock lock(all_.mutex_);
  if (const auto* waiting = std::get_if<Waiting>(&event)) {
    state_->progress = *waiting;
  } else {
    // Events come about one a token; the exact number is known only at the end.
    ++state_->output_events;
    state_->progress.phase = Waiting::Phase::decode;
    state_->progress.prompt_tokens_done = state_->progress.prompt_tokens;
  }
}

}  // namespace anyclaude
