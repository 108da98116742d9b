#include "engine/embedded/pauses.h"

#include <algorithm>
#include <utility>

namespace anyclaude {
namespace {

constexpr size_t left_max = 64;

}  // namespace

Pauses::Pauses(Cells& cells, Sequences& sequences, const Keeper& keeper,
               std::chrono::milliseconds pause, Metrics& metrics)
    : cells_(cells),
      sequences_(sequences),
      keeper_(keeper),
      pause_(pause),
      pauses_(metrics.counter("anyclaude_engine_pauses_total",
                              "Conversations that left the cells for RAM while they paused.")),
      used_cells_(metrics.gauge("anyclaude_engine_used_cells",
                                "Cells that hold a token. Attention takes time for those up to "
                                "anyclaude_engine_cells_end.")),
      cells_end_(metrics.gauge("anyclaude_engine_cells_end",
                               "One behind the highest cell that holds a token.")) {}

void Pauses::look(Instant now) {
  const auto& all = sequences_.all();
  if (std::any_of(all.begin(), all.end(), [](const Sequence& s) { return s.busy; })) {
    busy_until_ = now;
  }
  if (now < next_look_) return;
  next_look_ = now + look_interval;
  const Cells::Usage usage = cells_.usage();
  used_cells_.set(usage.used);
  cells_end_.set(usage.end);
  Sequence* leaves = who_leaves(now, usage);
  if (!leaves) return;
  if (!leaves->conversation.empty()) remember(*leaves);
  sequences_.clear(*leaves);
  pauses_.add();
}

Sequence* Pauses::who_leaves(Instant now, const Cells::Usage& usage) {
  const auto by_use = [](const Sequence& a, const Sequence& b) {
    return a.last_used < b.last_used;
  };
  const auto& all = sequences_.all();
  const auto newest = std::max_element(all.begin(), all.end(), by_use);
  Sequence* highest = nullptr;
  uint32_t end = 0;
  for (Sequence& sequence : sequences_.all()) {
    if (sequence.busy || sequence.tokens.empty() || now < sequence.idle_since + pause_) continue;
    if (&sequence == &*newest && usage.end < 2 * usage.used) continue;
    const uint32_t its_end = cells_.end_of(sequence.id);
    if (its_end <= end || !keeper_.in_ram(sequence)) continue;
    highest = &sequence;
    end = its_end;
  }
  return highest;
}

void Pauses::remember(const Sequence& sequence) {
  std::erase_if(left_,
                [&](const JobSpec& spec) { return spec.conversation == sequence.conversation; });
  JobSpec& spec = left_.emplace_front();
  spec.conversation = sequence.conversation;
  spec.fingerprint = sequence.fingerprint;
  spec.note = sequence.note;
  spec.priority = sequence.priority;
  spec.prompt = sequence.tokens;
  spec.prompt.push_back(0);  // the last token of a prompt never comes from the cache
  spec.restore_only = true;
  if (left_.size() > left_max) left_.pop_back();
}

std::shared_ptr<Job> Pauses::job_to_bring_back(const std::string& conversation) {
  const auto found = std::find_if(left_.begin(), left_.end(), [&](const JobSpec& spec) {
    return spec.conversation == conversation;
  });
  if (found == left_.end()) return nullptr;
  auto job = std::make_shared<Job>(std::move(*found));
  left_.erase(found);
  return job;
}

}  // namespace anyclaude
