#include "engine/embedded/job.h"

#include <utility>

namespace anyclaude {

Job::View Job::look(std::chrono::milliseconds time) {
  const MutexLock lock(mutex_);
  if (view_.tokens.empty() && view_.end == End::running) changed_.wait_for(mutex_, time);
  View out = view_;
  view_.tokens.clear();
  return out;
}

void Job::report(Waiting progress) {
  const MutexLock lock(mutex_);
  view_.progress = progress;
}

void Job::report_cached(uint32_t tokens) {
  const MutexLock lock(mutex_);
  view_.prompt_tokens_cached = tokens;
}

void Job::push(Token token) {
  const MutexLock lock(mutex_);
  view_.tokens.push_back(token);
  view_.progress.phase = Waiting::Phase::decode;
  changed_.notify_one();
}

void Job::finish(End end, std::string error) {
  const MutexLock lock(mutex_);
  if (view_.end != End::running) return;
  view_.end = end;
  view_.error = std::move(error);
  changed_.notify_one();
}

}  // namespace anyclaude
