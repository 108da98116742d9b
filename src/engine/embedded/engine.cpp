#include "engine/embedded/engine.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

// Shorter common beginnings are not worth waiting for another task.
constexpr uint32_t shared_prefix_min = 32;
// On the way through a long prompt the window is kept this often.
constexpr uint32_t checkpoint_interval = 1024;

}  // namespace

Engine::Engine(Model& model, Options options, Metrics& metrics)
    : model_(model),
      options_(options),
      memory_(model.memory()),
      metrics_(metrics),
      prefill_tokens_(metrics.counter("anyclaude_engine_prefill_tokens_total",
                                      "Prompt tokens computed, counted where the engine decodes.",
                                      {{"for", "request"}})),
      recomputed_tokens_(
          metrics.counter("anyclaude_engine_prefill_tokens_total", "", {{"for", "put_back"}})),
      reused_tokens_(metrics.counter("anyclaude_engine_reused_tokens_total",
                                     "Prompt tokens that were in the cells already.")),
      decoded_tokens_(
          metrics.counter("anyclaude_engine_decoded_tokens_total", "Tokens of answers.")),
      failures_(metrics.counter("anyclaude_engine_failures_total",
                                "Batches that the engine could not compute.")),
      chunk_seconds_(
          metrics.histogram("anyclaude_engine_chunk_seconds", "Time of one prefill chunk.")),
      queued_(metrics.gauge("anyclaude_engine_requests", "Requests in the engine by phase.",
                            {{"phase", "queued"}})),
      prefilling_(metrics.gauge("anyclaude_engine_requests", "", {{"phase", "prefill"}})),
      decoding_(metrics.gauge("anyclaude_engine_requests", "", {{"phase", "decode"}})),
      idle_tokens_(metrics.gauge("anyclaude_engine_idle_tokens",
                                 "Tokens kept in the cells for conversations that pause.")),
      cells_(model.context(), memory_),
      sequences_(cells_,
                 {.count = model.sizes().sequences,
                  .checkpoint_bytes_max = model.sizes().checkpoint_bytes_max},
                 metrics),
      batch_(llama_batch_init(static_cast<int32_t>(model.sizes().batch), 0, 1)) {
  if (options_.trust_copies_for_test) cells_.trust_copies_for_test();
  llama_memory_clear(llama_get_memory(model.context()), true);  // of an engine before this one
  thread_ = std::thread([this] { loop(); });
}

Engine::~Engine() {
  stopping_.store(true);
  {
    const MutexLock lock(mutex_);
    arrived_.notify_all();
  }
  thread_.join();
  llama_batch_free(batch_);
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

// ---- The loop -----------------------------------------------------------------------------------

void Engine::loop() {
  while (take_arrivals()) {
    drop_cancelled();
    report_phases();
    const auto begin = Clock::now();
    decode_step();
    const bool answers =
        std::any_of(tasks_.begin(), tasks_.end(), [](const Task& task) { return task.decoding(); });
    prefill_debt_ -= Clock::now() - begin;
    if (answers && prefill_debt_.count() > 0) continue;
    const auto prefill_begin = Clock::now();
    prefill_chunk();
    prefill_debt_ = Clock::now() - prefill_begin;
  }
  for (Task& task : tasks_) {
    if (task.job) task.job->finish(Job::End::cancelled);
  }
}

// Waits while there is nothing to do. False: the engine stops.
bool Engine::take_arrivals() {
  std::vector<Arrival> arrivals;
  {
    const MutexLock lock(mutex_);
    if (tasks_.empty() && inbox_.empty()) report_phases();
    while (tasks_.empty() && inbox_.empty() && !stopping_.load()) arrived_.wait(mutex_);
    arrivals.swap(inbox_);
  }
  for (Arrival& arrival : arrivals) add_task(std::move(arrival));
  return !stopping_.load();
}

void Engine::add_task(Arrival arrival) {
  Task& task = tasks_.emplace_back();
  task.job = std::move(arrival.job);
  task.sampler = std::move(arrival.sampler);
  task.arrived = Clock::now();
  task.tokens = task.job->spec.prompt;
  task.save_points = task.job->spec.save_points;
  task.estimate = static_cast<uint32_t>(task.tokens.size()) - sequences_.find(task.tokens).length;
  note_branches(task);
}

// Where prompts under way part, the window must be kept: the later one continues from there.
void Engine::note_branches(Task& task) {
  if (memory_.kind != MemoryKind::window) return;
  for (Task& other : tasks_) {
    if (&other == &task) continue;
    const uint32_t common = common_prefix(task.tokens, other.tokens);
    if (common < shared_prefix_min) continue;
    if (!other.prompt_done() && common > other.position()) add_save_point(other, common);
    add_save_point(task, common);
  }
}

void Engine::drop_cancelled() {
  for (Task& task : tasks_) {
    if (task.job && task.job->cancelled()) finish(task, Job::End::cancelled);
  }
  std::erase_if(tasks_, [](const Task& task) { return !task.job; });
}

void Engine::report_phases() {
  int64_t queued = 0;
  int64_t prefilling = 0;
  int64_t decoding = 0;
  for (const Task& task : tasks_) {
    Waiting progress;
    progress.prompt_tokens = static_cast<uint32_t>(task.job->spec.prompt.size());
    progress.prompt_tokens_done = std::min(task.position(), progress.prompt_tokens);
    if (!task.sequence) {
      ++queued;
    } else if (task.prompt_done()) {
      ++decoding;
      progress.phase = Waiting::Phase::decode;
    } else {
      ++prefilling;
      progress.phase = Waiting::Phase::prefill;
    }
    task.job->report(progress);
  }
  queued_.set(queued);
  prefilling_.set(prefilling);
  decoding_.set(decoding);
  idle_tokens_.set(static_cast<int64_t>(sequences_.idle_tokens()));
}

// ---- Prefill ------------------------------------------------------------------------------------

Task* Engine::most_urgent_prefill() {
  const auto now = Clock::now();
  Task* first = nullptr;
  for (Task& task : tasks_) {
    if (task.job && task.prefilling() && (!first || goes_before(task, *first, now))) first = &task;
  }
  // A task whose beginning another one is computing lets that one go first. Each step leads to a
  // task that is further, so the walk ends.
  for (size_t step = 0; first && step < tasks_.size(); ++step) {
    Task* other = computing_prefix_of(*first);
    if (!other) break;
    first = other;
  }
  return first;
}

// The task under way that will soon have computed more of this one's prompt than the cells hold.
Task* Engine::computing_prefix_of(const Task& task) {
  if (task.sequence || memory_.kind == MemoryKind::whole) return nullptr;
  const uint32_t known = sequences_.find(task.tokens).length;
  Task* best = nullptr;
  uint32_t best_common = known + shared_prefix_min;
  for (Task& other : tasks_) {
    if (&other == &task || !other.sequence || !other.prefilling()) continue;
    const auto wanted = std::span(task.tokens).first(task.tokens.size() - 1);
    const uint32_t common = common_prefix(wanted, other.tokens);
    if (common <= best_common || common <= other.position()) continue;
    best = &other;
    best_common = common;
  }
  if (best && memory_.kind == MemoryKind::window) add_save_point(*best, best_common);
  return best;
}

bool Engine::begin(Task& task) {
  const JobSpec& spec = task.job->spec;
  task.sequence = sequences_.acquire(task.tokens, spec.conversation, spec.priority);
  if (!task.sequence) return false;
  const uint32_t reused = task.position();
  task.computed_to = std::max(task.computed_to, reused);
  if (!task.prompt_done()) reused_tokens_.add(reused);
  task.estimate = static_cast<uint32_t>(task.tokens.size()) - reused;
  return true;
}

void Engine::prefill_chunk() {
  Task* task = most_urgent_prefill();
  if (!task) return;
  // All sequences are busy: the answers under way will free one.
  if (!task->sequence && !begin(*task)) {
    const auto begun = std::find_if(tasks_.begin(), tasks_.end(), [](const Task& other) {
      return other.job && other.sequence && other.prefilling();
    });
    if (begun == tasks_.end()) return;
    task = &*begun;
  }
  compute(*task, chunk_end(*task, task->position(), model_.sizes().batch));
}

void Engine::compute(Task& task, uint32_t end) {
  const auto begin_time = Clock::now();
  const uint32_t begin = task.position();
  const auto total = static_cast<uint32_t>(task.tokens.size());
  batch_.n_tokens = 0;
  for (uint32_t i = begin; i < end; ++i) {
    add_to_batch(task.tokens[i], i, task.sequence->id, i + 1 == total);
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
  count_prefill(task, begin, end);
  task.estimate = total - end;
  const std::chrono::duration<double> elapsed = Clock::now() - begin_time;
  chunk_seconds_.observe_s(elapsed.count());

  const bool save_point = std::binary_search(task.save_points.begin(), task.save_points.end(), end);
  const bool prompt_end = end == task.job->spec.prompt.size();
  if (save_point || prompt_end) sequences_.save(*task.sequence, false);
  if (!save_point && !prompt_end && end % checkpoint_interval == 0) {
    sequences_.save(*task.sequence, true);
  }
  if (end < total) return;
  if (prompt_end && !task.prompt_done()) {
    const auto prompt = static_cast<uint32_t>(task.job->spec.prompt.size());
    task.job->report_cached(prompt - std::min(prompt, task.prompt_computed));
    refresh_estimates();
    show_logits(task);
    if (!task.job->spec.forced.empty()) return force(task);
  }
  sample(task, batch_.n_tokens - 1);
}

void Engine::show_logits(const Task& task) {
  if (!task.job->spec.first_logits) return;
  const auto count =
      static_cast<size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_.model())));
  const float* logits = llama_get_logits_ith(model_.context(), batch_.n_tokens - 1);
  task.job->spec.first_logits(std::span(logits, count));
}

void Engine::count_prefill(Task& task, uint32_t begin, uint32_t end) {
  const auto prompt = static_cast<uint32_t>(task.job->spec.prompt.size());
  const uint32_t seen = std::clamp(task.computed_to, begin, end);
  recomputed_tokens_.add(seen - begin);
  const uint32_t fresh = std::min(end, prompt) - std::min(seen, prompt);
  prefill_tokens_.add(fresh);
  task.prompt_computed += fresh;
  task.computed_to = std::max(task.computed_to, end);
}

// A prompt is done: others that share its beginning have become shorter.
void Engine::refresh_estimates() {
  for (Task& task : tasks_) {
    if (!task.job || task.sequence) continue;
    task.estimate = static_cast<uint32_t>(task.tokens.size()) - sequences_.find(task.tokens).length;
  }
}

// ---- Answers ------------------------------------------------------------------------------------

void Engine::decode_step() {
  std::vector<Task*> answers;
  batch_.n_tokens = 0;
  for (Task& task : tasks_) {
    if (!task.job || !task.decoding()) continue;
    if (static_cast<uint32_t>(batch_.n_tokens) == model_.sizes().batch) break;
    answers.push_back(&task);
    add_to_batch(task.tokens.back(), task.position(), task.sequence->id, true);
  }
  if (answers.empty()) return;
  Decoded decoded = decode_batch();
  while (decoded == Decoded::no_room && sequences_.evict_idle()) decoded = decode_batch();
  if (decoded == Decoded::no_room && answers.size() > 1) {
    put_back(*answers.back());  // the next turn tries with one less
    return;
  }
  if (decoded != Decoded::done) {
    for (Task* task : answers) {
      sequences_.clear(*task->sequence);
      finish(*task, Job::End::failed, "The engine could not compute the answer.");
    }
    return;
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    answers[i]->sequence->tokens.push_back(answers[i]->tokens.back());
    answers[i]->computed_to = std::max(answers[i]->computed_to, answers[i]->position());
    sample(*answers[i], static_cast<int32_t>(i));
  }
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
  decoded_tokens_.add();
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
    decoded_tokens_.add();
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

void Engine::add_to_batch(Token token, uint32_t position, SequenceId sequence, bool logits) {
  const int32_t i = batch_.n_tokens++;
  batch_.token[i] = token;
  batch_.pos[i] = static_cast<llama_pos>(position);
  batch_.n_seq_id[i] = 1;
  batch_.seq_id[i][0] = sequence;
  batch_.logits[i] = logits ? 1 : 0;
}

Engine::Decoded Engine::decode_batch() {
  const int32_t code = llama_decode(model_.context(), batch_);
  if (code == 0) return Decoded::done;
  if (code == 1) return Decoded::no_room;
  spdlog::error("The engine failed with code {} on {} tokens.", code, batch_.n_tokens);
  failures_.add();
  return Decoded::failed;
}

// Idle conversations leave first; then the least urgent task gives its cells back and begins again
// later.
bool Engine::make_room(const Task* keep) {
  if (sequences_.evict_idle()) return true;
  const auto now = Clock::now();
  Task* last = nullptr;
  for (Task& task : tasks_) {
    if (&task == keep || !task.job || !task.sequence) continue;
    if (!last || goes_before(*last, task, now)) last = &task;
  }
  if (!last) return false;
  put_back(*last);
  return sequences_.evict_idle();
}

void Engine::put_back(Task& task) {
  spdlog::info("Out of cells: a request of {} tokens waits and begins again.", task.tokens.size());
  sequences_.release(*task.sequence);
  task.sequence = nullptr;
  task.estimate = static_cast<uint32_t>(task.tokens.size());
}

void Engine::finish(Task& task, Job::End end, std::string error) {
  if (task.sequence) sequences_.release(*task.sequence);
  task.sequence = nullptr;
  task.job->finish(end, std::move(error));
  task.job.reset();
  under_way_.fetch_sub(1);
}

}  // namespace anyclaude
