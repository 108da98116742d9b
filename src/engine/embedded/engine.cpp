#include "engine/embedded/engine.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

// On the way through a long prompt what cannot be cut is kept this often.
constexpr uint32_t checkpoint_interval = 1024;
// A prefix in the cache must have so many tokens more than the cells to be worth the way.
constexpr uint32_t restore_min = 16;
// Of a busy engine's time, what may go into storing what it computes.
constexpr double keeping_share = 0.005;
constexpr std::chrono::duration<double> keeping_credit_max{0.1};
// How soon a client that leaves is seen.
constexpr std::chrono::milliseconds leaving_interval{50};
// How long an engine that stops goes on storing.
constexpr std::chrono::seconds last_keeping{5};

}  // namespace

Engine::Engine(Model& model, Options options, KvCache* cache, Metrics& metrics)
    : model_(model),
      options_(options),
      memory_(model.memory()),
      metrics_(metrics),
      cells_(model.context(), memory_),
      sequences_(cells_,
                 {.count = model.sizes().sequences,
                  .checkpoint_bytes_max = model.sizes().checkpoint_bytes_max,
                  .before_loss =
                      [this](Sequence& sequence) {
                        while (keeper_.store_next(sequence)) {
                        }
                      }},
                 metrics),
      keeper_(cells_, sequences_, cache, metrics),
      pauses_(cells_, sequences_, keeper_, options.pause, metrics),
      tasks_(sequences_, memory_),
      batch_(model.sizes().batch) {
  if (options_.trust_copies_for_test) cells_.trust_copies_for_test();
  thread_ = std::thread([this] { loop(); });
}

Engine::~Engine() {
  stopping_.store(true);
  {
    const MutexLock lock(mutex_);
    arrived_.notify_all();
  }
  thread_.join();
}

Result<void> Engine::submit(std::shared_ptr<Job> job, common_sampler_ptr sampler) {
  if (under_way_.fetch_add(1) >= options_.requests_max) {
    under_way_.fetch_sub(1);
    return fail(Error::Kind::overloaded,
                fmt::format("{} requests are under way, which is the limit; try again shortly.",
                            options_.requests_max));
  }
  const MutexLock lock(mutex_);
  inbox_.push_back({std::move(job), std::move(sampler)});
  arrived_.notify_one();
  return {};
}

void Engine::expect(std::string conversation) {
  const MutexLock lock(mutex_);
  expected_.push_back(std::move(conversation));
  arrived_.notify_one();
}

// ---- The loop -----------------------------------------------------------------------------------

void Engine::loop() {
  while (take_arrivals()) {
    const auto begin = Clock::now();
    drop_cancelled();
    report_phases();
    pauses_.look(begin);
    bool worked = restore_step();
    const auto decode_begin = Clock::now();
    const bool answers = decode_step();
    prefill_debt_ -= Clock::now() - decode_begin;
    if (!answers || prefill_debt_.count() <= 0) {
      const auto prefill_begin = Clock::now();
      worked |= prefill_chunk();
      prefill_debt_ = Clock::now() - prefill_begin;
    }
    worked |= answers;
    keeping_credit_ += keeping_share * (Clock::now() - begin);
    if (worked && keeping_credit_.count() < 0) continue;
    const auto keep_begin = Clock::now();
    const bool kept = keeper_.store_some();
    keeping_credit_ = std::min(keeping_credit_, keeping_credit_max) - (Clock::now() - keep_begin);
    if (!worked && !kept) wait_for_change();
  }
  for (Task& task : tasks_.all()) {
    if (task.job) task.job->finish(Job::End::cancelled);
  }
  keep_the_rest();
}

// False: the engine stops.
bool Engine::take_arrivals() {
  std::vector<Arrival> arrivals;
  std::vector<std::string> expected;
  {
    const MutexLock lock(mutex_);
    arrivals.swap(inbox_);
    expected.swap(expected_);
  }
  for (const std::string& conversation : expected) {
    auto job = pauses_.job_to_bring_back(conversation);
    if (!job) continue;
    under_way_.fetch_add(1);
    tasks_.add(std::move(job), nullptr, Clock::now());
  }
  for (Arrival& arrival : arrivals) {
    tasks_.add(std::move(arrival.job), std::move(arrival.sampler), Clock::now());
  }
  return !stopping_.load();
}

// Waits while there is nothing to do: for a job, or for bytes from the cache. A client that leaves
// meanwhile, or a conversation that pauses, is seen when the time is over.
void Engine::wait_for_change() {
  if (tasks_.empty()) report_phases();
  const MutexLock lock(mutex_);
  while (inbox_.empty() && expected_.empty() && !restored_some_ && !stopping_.load()) {
    const bool idle = tasks_.empty();
    if (idle && !pauses_.looks_again(Clock::now())) {
      arrived_.wait(mutex_);
    } else if (!arrived_.wait_for(mutex_, idle ? Pauses::look_interval : leaving_interval)) {
      break;
    }
  }
  restored_some_ = false;
}

void Engine::drop_cancelled() {
  for (Task& task : tasks_.all()) {
    if (task.job && task.job->cancelled()) finish(task, Job::End::cancelled);
  }
  tasks_.remove_finished();
}

void Engine::report_phases() {
  const TaskQueue::Phases phases = tasks_.report();
  metrics_.queued.set(phases.queued);
  metrics_.restoring.set(phases.restoring);
  metrics_.prefilling.set(phases.prefilling);
  metrics_.decoding.set(phases.decoding);
  metrics_.idle_tokens.set(static_cast<int64_t>(sequences_.idle_tokens()));
}

// ---- Prefill ------------------------------------------------------------------------------------

// False: all sequences are busy.
bool Engine::begin(Task& task) {
  if (sequences_.all_busy()) return false;
  const JobSpec& spec = task.job->spec;
  const Sequences::Match live = sequences_.find(spec.fingerprint, task.tokens);
  const Keeper::Offer offer = keeper_.offer(spec.fingerprint, task.tokens);
  const bool restores = offer.length >= live.length + restore_min;
  if (spec.restore_only && !restores) {
    finish(task, Job::End::cancelled);
    return true;
  }
  // Where a prefix can be cut, what the cells have of it is shared; else it comes back whole.
  const bool shares = !restores || !memory_.needs_points();
  task.sequence = sequences_.acquire(spec, shares ? live : Sequences::Match());
  if (!restores) {
    start_computing(task);
    return true;
  }
  // Before its bytes are asked for, which would wait in RAM meanwhile.
  const uint32_t missing = offer.length - task.position();
  while (!cells_.have_room(missing) && sequences_.evict_idle()) {
  }
  task.restore = keeper_.begin(offer, *task.sequence, [this] {
    const MutexLock lock(mutex_);
    restored_some_ = true;
    arrived_.notify_one();
  });
  return true;
}

// The sequence holds all that did not have to be computed.
void Engine::start_computing(Task& task) {
  if (task.job->spec.restore_only) return finish(task, Job::End::cancelled);
  const uint32_t reused = task.position();
  task.computed_to = std::max(task.computed_to, reused);
  if (!task.prompt_done()) metrics_.reused_tokens.add(reused);
  task.estimate = static_cast<uint32_t>(task.tokens.size()) - reused;
}

bool Engine::restore_step() {
  bool worked = false;
  for (Task& task : tasks_.all()) {
    if (!task.job || !task.restore) continue;
    const uint32_t before = task.position();
    const auto progress = keeper_.restore(*task.restore, *task.sequence, task.tokens);
    const bool room = progress == Keeper::Progress::out_of_cells && make_room_to_restore(task);
    worked |= room || progress == Keeper::Progress::done || task.position() > before;
    if (progress != Keeper::Progress::done) continue;
    task.restore.reset();
    start_computing(task);
  }
  return worked;
}

void Engine::stop_restoring(Task& task) {
  if (task.restore) keeper_.finish(*task.restore, *task.sequence);
  task.restore.reset();
}

bool Engine::prefill_chunk() {
  Task* task = tasks_.most_urgent_prefill(Clock::now());
  if (!task) return false;
  // All sequences are busy: the answers under way will free one.
  if (!task->sequence && !begin(*task)) {
    const auto begun =
        std::find_if(tasks_.all().begin(), tasks_.all().end(), [](const Task& other) {
          return other.job && other.sequence && other.prefilling() && !other.restore;
        });
    if (begun == tasks_.all().end()) return false;
    task = &*begun;
  }
  if (task->job && !task->restore) {
    compute(*task, chunk_end(*task, task->position(), model_.sizes().batch));
  }
  return true;
}

void Engine::compute(Task& task, uint32_t end) {
  const auto begin_time = Clock::now();
  const uint32_t begin = task.position();
  const auto total = static_cast<uint32_t>(task.tokens.size());
  batch_.clear();
  for (uint32_t i = begin; i < end; ++i) {
    batch_.add(task.tokens[i], i, task.sequence->id, i + 1 == total);
  }
  Decoded decoded = decode_batch();
  while (decoded == Decoded::no_room && make_room(&task)) decoded = decode_batch();
  if (decoded != Decoded::done) {
    sequences_.clear(*task.sequence);
    finish(task, Job::End::failed,
           decoded == Decoded::no_room
               ? "The conversation does not fit into the engine's cells (--cells)."
               : "The engine could not compute this prompt.");
    return;
  }
  task.sequence->tokens.insert(task.sequence->tokens.end(), task.tokens.begin() + begin,
                               task.tokens.begin() + end);
  cells_.drop_before_window(task.sequence->id, end);
  count_prefill(task, begin, end);
  task.estimate = total - end;
  const std::chrono::duration<double> elapsed = Clock::now() - begin_time;
  metrics_.chunk_seconds.observe_s(elapsed.count());

  const size_t prompt_size = task.job->spec.prompt.size();
  const bool prompt_end = end == prompt_size;
  const bool save_point = end + 1 == prompt_size ||
                          std::binary_search(task.save_points.begin(), task.save_points.end(), end);
  if (save_point) sequences_.save(*task.sequence, false);
  if (!save_point && !prompt_end && end % checkpoint_interval == 0) {
    sequences_.save(*task.sequence, true);
  }
  if (end < total) return;
  if (prompt_end && !task.prompt_done()) {
    const auto prompt = static_cast<uint32_t>(task.job->spec.prompt.size());
    task.job->report_cached(prompt - std::min(prompt, task.prompt_computed));
    tasks_.refresh_estimates();
    show_logits(task);
    if (!task.job->spec.forced.empty()) return force(task);
  }
  sample(task, static_cast<int32_t>(batch_.size()) - 1);
}

void Engine::show_logits(const Task& task) {
  if (!task.job->spec.first_logits) return;
  const auto count =
      static_cast<size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_.model())));
  const float* logits = llama_get_logits_ith(model_.context(), -1);
  task.job->spec.first_logits(std::span(logits, count));
}

void Engine::count_prefill(Task& task, uint32_t begin, uint32_t end) {
  const auto prompt = static_cast<uint32_t>(task.job->spec.prompt.size());
  const uint32_t seen = std::clamp(task.computed_to, begin, end);
  metrics_.recomputed_tokens.add(seen - begin);
  const uint32_t fresh = std::min(end, prompt) - std::min(seen, prompt);
  (task.job->spec.priority == Priority::idle ? metrics_.warm_tokens : metrics_.prefill_tokens)
      .add(fresh);
  task.prompt_computed += fresh;
  task.computed_to = std::max(task.computed_to, end);
}

// ---- Answers ------------------------------------------------------------------------------------

bool Engine::decode_step() {
  std::vector<Task*> answers;
  batch_.clear();
  for (Task& task : tasks_.all()) {
    if (!task.job || !task.decoding()) continue;
    if (batch_.full()) break;
    answers.push_back(&task);
    batch_.add(task.tokens.back(), task.position(), task.sequence->id, true);
  }
  if (answers.empty()) return false;
  Decoded decoded = decode_batch();
  while (decoded == Decoded::no_room && sequences_.evict_idle()) decoded = decode_batch();
  if (decoded == Decoded::no_room && answers.size() > 1) {
    put_back(*answers.back());  // the next turn tries with one less
    return true;
  }
  if (decoded != Decoded::done) {
    for (Task* task : answers) {
      sequences_.clear(*task->sequence);
      finish(*task, Job::End::failed, "The engine could not compute the answer.");
    }
    return true;
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    answers[i]->sequence->tokens.push_back(answers[i]->tokens.back());
    answers[i]->computed_to = std::max(answers[i]->computed_to, answers[i]->position());
    sample(*answers[i], static_cast<int32_t>(i));
  }
  return true;
}

void Engine::sample(Task& task, int32_t batch_index) {
  Token token = 0;
  try {
    token = common_sampler_sample(task.sampler.get(), model_.context(), batch_index);
    common_sampler_accept(task.sampler.get(), token, true);
  } catch (const std::exception& error) {
    spdlog::warn("Sampling failed: {}", error.what());
    return finish(task, Job::End::failed, "The grammar of this request cannot be followed.");
  }
  metrics_.decoded_tokens.add();
  if (llama_vocab_is_eog(llama_model_get_vocab(model_.model()), token)) {
    return finish(task, Job::End::end_of_generation);
  }
  accept(task, token);
}

// Opens the tool call that the request demands; its tokens go through the model like a prompt.
void Engine::force(Task& task) {
  for (const Token token : task.job->spec.forced) {
    try {
      common_sampler_accept(task.sampler.get(), token, true);
    } catch (const std::exception& error) {
      spdlog::warn("The opening of a tool call does not fit its grammar: {}", error.what());
      return finish(task, Job::End::failed, "The grammar of this request cannot be followed.");
    }
    metrics_.decoded_tokens.add();
    accept(task, token);
    if (!task.job) return;
  }
}

void Engine::accept(Task& task, Token token) {
  task.tokens.push_back(token);
  ++task.generated;
  task.job->push(token);
  if (task.generated >= task.job->spec.output_tokens_max ||
      task.tokens.size() >= model_.sizes().context) {
    finish(task, Job::End::output_full);
  }
}

// ---- Cells --------------------------------------------------------------------------------------

Decoded Engine::decode_batch() {
  const Decoded decoded = batch_.decode(model_.context());
  if (decoded == Decoded::failed) metrics_.failures.add();
  return decoded;
}

// Idle conversations leave first; then the least urgent task gives its cells back and begins again
// later.
bool Engine::make_room(const Task* keep) {
  if (sequences_.evict_idle()) return true;
  Task* last = tasks_.least_urgent(keep, Clock::now());
  if (!last) return false;
  put_back(*last);
  return sequences_.evict_idle();
}

// What comes back displaces nobody who goes before it, else two that do not fit together would
// displace each other for ever. False: it waits for those to end.
bool Engine::make_room_to_restore(Task& task) {
  if (sequences_.evict_idle()) return true;
  Task* last = tasks_.least_urgent(&task, Clock::now());
  if (!last) {  // it does not fit even alone: goes on with what is there
    stop_restoring(task);
    start_computing(task);
    return true;
  }
  if (!goes_before(task, *last, Clock::now())) return false;
  put_back(*last);
  return sequences_.evict_idle();
}

void Engine::put_back(Task& task) {
  spdlog::info("Out of cells: a request of {} tokens waits and begins again.", task.tokens.size());
  stop_restoring(task);
  sequences_.release(*task.sequence);
  task.sequence = nullptr;
  task.estimate = static_cast<uint32_t>(task.tokens.size());
}

void Engine::finish(Task& task, Job::End end, std::string error) {
  stop_restoring(task);
  task.job->finish(end, std::move(error));
  if (task.sequence) {
    // The end of an answer is where its conversation will go on; nobody waits for it any more.
    const bool answered = end == Job::End::end_of_generation || end == Job::End::output_full;
    if (answered && task.job->spec.priority < Priority::background) {
      sequences_.save(*task.sequence, false);
    }
    sequences_.release(*task.sequence);
  }
  task.sequence = nullptr;
  task.job.reset();
  under_way_.fetch_sub(1);
}

// ---- The cache ----------------------------------------------------------------------------------

// The engine stops: what the next one would have to compute again is stored, as far as time allows.
void Engine::keep_the_rest() {
  for (Sequence& sequence : sequences_.all()) sequence.busy = false;
  const auto deadline = Clock::now() + last_keeping;
  while (Clock::now() < deadline && keeper_.store_some()) {
  }
}

}  // namespace anyclaude
