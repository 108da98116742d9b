#include "engine/embedded/sequences.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace anyclaude {

uint32_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
  const size_t length = std::min(a.size(), b.size());
  const auto end = a.begin() + static_cast<std::ptrdiff_t>(length);
  return static_cast<uint32_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

Sequences::Sequences(Cells& cells, const Options& options, Metrics& metrics)
    : cells_(cells),
      options_(options),
      sequences_(options.count),
      evictions_(metrics.counter("anyclaude_engine_evictions_total",
                                 "Idle sequences that lost their cells to others.")),
      rejected_(metrics.counter("anyclaude_engine_prefixes_rejected_total",
                                "Reused prefixes whose cells were found incomplete and computed "
                                "again.")),
      checkpoint_bytes_gauge_(
          metrics.gauge("anyclaude_engine_checkpoint_bytes",
                        "Windows and recurrent states in RAM, to go on from.")) {
  for (size_t i = 0; i < sequences_.size(); ++i) sequences_[i].id = static_cast<SequenceId>(i);
}

uint32_t Sequences::usable(const Sequence& sequence, uint32_t common,
                           std::optional<Checkpoint>& checkpoint) {
  checkpoint.reset();
  if (common == 0 || cells_.reaches(sequence.id, common)) return common;
  for (auto c = sequence.checkpoints.rbegin(); c != sequence.checkpoints.rend(); ++c) {
    if (c->serves(common) == 0) continue;
    checkpoint = *c;
    return c->serves(common);
  }
  return 0;
}

Sequences::Match Sequences::find(const Fingerprint& fingerprint, std::span<const Token> tokens) {
  Match best;
  if (tokens.empty()) return best;
  const auto wanted = tokens.first(tokens.size() - 1);
  for (Sequence& sequence : sequences_) {
    if (sequence.tokens.empty() || sequence.fingerprint != fingerprint) continue;
    std::optional<Checkpoint> checkpoint;
    const uint32_t length = usable(sequence, common_prefix(wanted, sequence.tokens), checkpoint);
    // Of equals the idle one, which may be taken over without a copy.
    const bool better = length > best.length || (length > 0 && length == best.length &&
                                                 best.source->busy && !sequence.busy);
    if (better) best = {&sequence, length, checkpoint};
  }
  return best;
}

Sequence* Sequences::oldest_idle(const Sequence* keep) {
  Sequence* oldest = nullptr;
  const auto rank = [](const Sequence& s) {
    return std::make_tuple(s.priority < Priority::background, s.last_used);
  };
  for (Sequence& sequence : sequences_) {
    if (sequence.busy || sequence.tokens.empty() || &sequence == keep) continue;
    if (!oldest || rank(sequence) < rank(*oldest)) oldest = &sequence;
  }
  return oldest;
}

Sequence* Sequences::free_sequence(const Sequence* keep) {
  for (Sequence& sequence : sequences_) {
    if (!sequence.busy && sequence.tokens.empty()) return &sequence;
  }
  Sequence* oldest = oldest_idle(keep);
  if (oldest) evict(*oldest);
  return oldest;
}

bool Sequences::take_over(Sequence& sequence, const Match& match) {
  if (match.length < sequence.tokens.size()) before_loss(sequence);
  const bool kept = match.checkpoint ? cells_.rewind(sequence.id, *match.checkpoint, match.length)
                                     : cells_.truncate(sequence.id, match.length);
  if (!kept) return false;
  sequence.tokens.resize(match.length);
  std::erase_if(sequence.checkpoints,
                [&](const Checkpoint& c) { return c.serves(match.length) == 0; });
  return true;
}

bool Sequences::copy_into(Sequence& target, const Match& match) {
  const Sequence& source = *match.source;
  const Checkpoint* checkpoint = match.checkpoint ? &*match.checkpoint : nullptr;
  if (!cells_.copy(source.id, target.id, match.length, checkpoint)) return false;
  target.tokens.assign(source.tokens.begin(), source.tokens.begin() + match.length);
  for (const Checkpoint& c : source.checkpoints) {
    if (c.serves(match.length) > 0) target.checkpoints.push_back(c);
  }
  return true;
}

bool Sequences::all_busy() const {
  return std::all_of(sequences_.begin(), sequences_.end(),
                     [](const Sequence& sequence) { return sequence.busy; });
}

Sequence* Sequences::acquire(const JobSpec& job, const Match& match) {
  Sequence* target = nullptr;
  if (match.length == 0) {
    target = free_sequence(nullptr);
    if (!target) return nullptr;
  } else {
    Sequence& source = *match.source;
    // Taking over loses what stands behind the prefix: right for the conversation's next request,
    // wrong for another conversation's that shares only the beginning.
    const bool ends_there = match.length == source.tokens.size();
    const bool own =
        source.conversation == job.conversation && match.length >= source.tokens.size() / 2;
    if (!source.busy && (ends_there || own)) target = &source;
    if (!target) target = free_sequence(&source);
    if (!target && !source.busy) target = &source;
    if (!target) return nullptr;
    if (!(target == &source ? take_over(source, match) : copy_into(*target, match))) {
      rejected_.add();
      clear(*target);
    }
  }
  assign(*target, job);
  return target;
}

void Sequences::assign(Sequence& sequence, const JobSpec& job) {
  sequence.busy = true;
  sequence.conversation = job.conversation;
  sequence.priority = job.priority;
  sequence.fingerprint = job.fingerprint;
  sequence.note = job.note;
  sequence.kept = 0;
  sequence.last_used = ++uses_;
}

void Sequences::release(Sequence& sequence) {
  sequence.busy = false;
  sequence.last_used = ++uses_;
  sequence.idle_since = std::chrono::steady_clock::now();
}

bool Sequences::evict_idle() {
  Sequence* oldest = oldest_idle(nullptr);
  if (!oldest) return false;
  evict(*oldest);
  return true;
}

void Sequences::evict(Sequence& sequence) {
  before_loss(sequence);
  clear(sequence);
  evictions_.add();
}

void Sequences::before_loss(Sequence& sequence) {
  if (options_.before_loss) options_.before_loss(sequence);
}

void Sequences::clear(Sequence& sequence) {
  cells_.clear(sequence.id);
  sequence.tokens.clear();
  sequence.checkpoints.clear();
  checkpoint_bytes_gauge_.set(static_cast<int64_t>(checkpoint_bytes()));
}

uint64_t Sequences::checkpoint_bytes() const {
  std::set<const void*> seen;  // sequences share what they have in common
  uint64_t bytes = 0;
  for (const Sequence& sequence : sequences_) {
    for (const Checkpoint& checkpoint : sequence.checkpoints) {
      if (seen.insert(checkpoint.bytes.get()).second) bytes += checkpoint.bytes->size();
    }
  }
  return bytes;
}

// Drops one checkpoint: of those taken on the way first, then of the sequence used longest ago.
void Sequences::make_room_for_checkpoint() {
  Sequence* owner = nullptr;
  std::vector<Checkpoint>::iterator worst;
  auto worst_rank = std::make_tuple(true, UINT64_MAX, UINT32_MAX);
  for (Sequence& sequence : sequences_) {
    for (auto c = sequence.checkpoints.begin(); c != sequence.checkpoints.end(); ++c) {
      const auto rank = std::make_tuple(!c->periodic, sequence.last_used, c->position);
      if (owner && rank >= worst_rank) continue;
      owner = &sequence;
      worst = c;
      worst_rank = rank;
    }
  }
  if (owner) owner->checkpoints.erase(worst);
}

void Sequences::save(Sequence& sequence, bool periodic) {
  if (!cells_.memory().needs_points()) return;
  const auto position = static_cast<uint32_t>(sequence.tokens.size());
  const auto known = std::find_if(sequence.checkpoints.begin(), sequence.checkpoints.end(),
                                  [&](const Checkpoint& c) { return c.position == position; });
  if (known != sequence.checkpoints.end()) {
    known->periodic = known->periodic && periodic;
    return;
  }
  auto checkpoint = cells_.take_checkpoint(sequence.id, position);
  if (!checkpoint) return;
  checkpoint->periodic = periodic;
  add_checkpoint(sequence, std::move(*checkpoint));
}

void Sequences::add_checkpoint(Sequence& sequence, Checkpoint checkpoint) {
  // Large ones are worth their room only where a prompt is known to part.
  const uint64_t limit = options_.checkpoint_bytes_max;
  const uint64_t bytes = checkpoint.bytes->size();
  if (bytes > limit || (checkpoint.periodic && bytes > limit / 16)) return;
  const auto at =
      std::find_if(sequence.checkpoints.begin(), sequence.checkpoints.end(),
                   [&](const Checkpoint& c) { return c.position > checkpoint.position; });
  sequence.checkpoints.insert(at, std::move(checkpoint));
  while (checkpoint_bytes() > limit) make_room_for_checkpoint();
  checkpoint_bytes_gauge_.set(static_cast<int64_t>(checkpoint_bytes()));
}

size_t Sequences::idle_tokens() const {
  size_t tokens = 0;
  for (const Sequence& sequence : sequences_) {
    if (!sequence.busy) tokens += sequence.tokens.size();
  }
  return tokens;
}

}  // namespace anyclaude
