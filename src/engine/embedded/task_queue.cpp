#include "engine/embedded/task_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anyclaude {
namespace {

// Shorter common beginnings are not worth waiting for another task.
constexpr uint32_t shared_prefix_min = 32;

bool may_share(const Task& a, const Task& b) {
  return a.job && b.job && a.job->spec.fingerprint == b.job->spec.fingerprint;
}

}  // namespace

void TaskQueue::add(std::shared_ptr<Job> job, common_sampler_ptr sampler, Instant now) {
  Task& task = tasks_.emplace_back();
  task.job = std::move(job);
  task.sampler = std::move(sampler);
  task.arrived = now;
  task.tokens = task.job->spec.prompt;
  task.save_points = task.job->spec.save_points;
  estimate(task);
  note_branches(task);
}

void TaskQueue::remove_finished() {
  std::erase_if(tasks_, [](const Task& task) { return !task.job; });
}

void TaskQueue::estimate(Task& task) {
  const uint32_t known = sequences_.find(task.job->spec.fingerprint, task.tokens).length;
  task.estimate = static_cast<uint32_t>(task.tokens.size()) - known;
}

// Where prompts under way part, what cannot be cut must be kept: the later one goes on from there.
void TaskQueue::note_branches(Task& task) {
  if (!memory_.needs_points()) return;
  for (Task& other : tasks_) {
    if (&other == &task || !may_share(task, other)) continue;
    const uint32_t common = common_prefix(task.tokens, other.tokens);
    if (common < shared_prefix_min) continue;
    if (!other.prompt_done() && common > other.position()) add_save_point(other, common);
    add_save_point(task, common);
  }
}

Task* TaskQueue::most_urgent_prefill(Instant now) {
  std::vector<Task*> waiting;
  for (Task& task : tasks_) {
    if (task.job && task.prefilling() && !task.restore) waiting.push_back(&task);
  }
  std::sort(waiting.begin(), waiting.end(),
            [&](const Task* a, const Task* b) { return goes_before(*a, *b, now); });
  for (Task* first : waiting) {
    // Each step leads to a task that is further, so the walk ends.
    for (size_t step = 0; step < tasks_.size(); ++step) {
      Task* other = computing_prefix_of(*first);
      if (!other) break;
      first = other;
    }
    // What is being restored is not there yet; somebody else may go on meanwhile.
    if (!first->restore) return first;
  }
  return nullptr;
}

// The task under way that will soon have more of this one's prompt than the cells hold.
Task* TaskQueue::computing_prefix_of(const Task& task) {
  if (task.sequence) return nullptr;
  const uint32_t known = sequences_.find(task.job->spec.fingerprint, task.tokens).length;
  Task* best = nullptr;
  uint32_t best_common = known + shared_prefix_min;
  for (Task& other : tasks_) {
    if (&other == &task || !other.sequence || !other.prefilling() || !may_share(task, other)) {
      continue;
    }
    const auto wanted = std::span(task.tokens).first(task.tokens.size() - 1);
    const uint32_t common = common_prefix(wanted, other.tokens);
    if (common <= best_common || common <= other.position()) continue;
    best = &other;
    best_common = common;
  }
  if (best && memory_.needs_points()) add_save_point(*best, best_common);
  return best;
}

Task* TaskQueue::least_urgent(const Task* keep, Instant now) {
  Task* last = nullptr;
  for (Task& task : tasks_) {
    if (&task == keep || !task.job || !task.sequence) continue;
    if (!last || goes_before(*last, task, now)) last = &task;
  }
  return last;
}

void TaskQueue::refresh_estimates() {
  for (Task& task : tasks_) {
    if (task.job && !task.sequence) estimate(task);
  }
}

TaskQueue::Phases TaskQueue::report() {
  Phases phases;
  for (Task& task : tasks_) {
    Waiting progress;
    progress.prompt_tokens = static_cast<uint32_t>(task.job->spec.prompt.size());
    progress.prompt_tokens_done = std::min(task.position(), progress.prompt_tokens);
    progress.prompt_tokens_reused =
        progress.prompt_tokens_done - std::min(task.prompt_computed, progress.prompt_tokens_done);
    if (!task.sequence) {
      ++phases.queued;
    } else if (task.prompt_done()) {
      ++phases.decoding;
      progress.phase = Waiting::Phase::decode;
    } else {
      ++(task.restore ? phases.restoring : phases.prefilling);
      progress.phase = Waiting::Phase::prefill;
    }
    task.job->report(progress);
  }
  return phases;
}

}  // namespace anyclaude
