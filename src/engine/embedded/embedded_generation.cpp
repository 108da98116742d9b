#include "engine/embedded/embedded_generation.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace anyclaude {
namespace {

// How long a caller waits for tokens before it asks its sink whether anybody still listens.
constexpr std::chrono::milliseconds look_interval{100};
// How long a prompt whose answer called a tool is kept for the result.
constexpr uint32_t open_call_s = 600;

Result<void> check_end(const Job::View& view) {
  if (view.end == Job::End::failed) return fail(Error::Kind::internal, view.error);
  if (view.end == Job::End::cancelled) {
    return fail(Error::Kind::overloaded, "The server is stopping.");
  }
  return {};
}

}  // namespace

EmbeddedGeneration::EmbeddedGeneration(std::shared_ptr<Job> job, AnswerReader reader, Memory memory,
                                       Explanation explanation, KvCache* cache)
    : job_(std::move(job)),
      reader_(std::move(reader)),
      memory_(memory),
      explanation_(std::move(explanation)),
      cache_(cache) {}

EmbeddedGeneration::~EmbeddedGeneration() { job_->cancel(); }

uint32_t EmbeddedGeneration::prompt_tokens() const {
  return static_cast<uint32_t>(job_->spec.prompt.size());
}

Result<Finish> EmbeddedGeneration::run(const EventSink& sink) {
  Finish finish;
  finish.usage.prompt_tokens = prompt_tokens();
  while (true) {
    const Job::View view = job_->look(look_interval);
    finish.usage.output_tokens += static_cast<uint32_t>(view.tokens.size());
    finish.usage.prompt_tokens_cached = view.prompt_tokens_cached;
    sampled_.insert(sampled_.end(), view.tokens.begin(), view.tokens.end());
    std::vector<Event> events = reader_.add(view.tokens);
    const bool ended = view.end != Job::End::running || reader_.stopped();
    if (ended) {
      for (Event& event : reader_.finish()) events.push_back(std::move(event));
    }
    if (events.empty() && !ended) events.emplace_back(view.progress);
    for (const Event& event : events) {
      append_event(told_, event);
      if (!sink(event)) return fail(Error::Kind::cancelled, "The client has left.");
    }
    if (!ended) continue;
    if (!reader_.stopped()) TRY_VOID(check_end(view));
    finish.reason = reason(view);
    finish.stop_sequence = reader_.stop_sequence();
    remember();
    finish.prompt = explain_prompt(view.prompt_tokens_cached);
    // A tool runs now; its result comes back behind this prompt.
    if (cache_ && finish.reason == StopReason::tool_use) {
      cache_->pin(job_->spec.fingerprint, job_->spec.prompt, open_call_s);
    }
    return finish;
  }
}

StopReason EmbeddedGeneration::reason(const Job::View& view) const {
  if (reader_.stopped() && !reader_.stop_sequence().empty()) return StopReason::stop_sequence;
  if (!reader_.stopped() && view.end == Job::End::output_full) return StopReason::max_tokens;
  return reader_.called_tools() ? StopReason::tool_use : StopReason::end_turn;
}

PromptAccount EmbeddedGeneration::explain_prompt(uint32_t found_tokens) const {
  const auto& [request, tokens, departure, metrics] = explanation_;
  const DepartureReason reason = reason_of(departure, found_tokens, tokens.total());
  if (metrics) metrics->count(tokens, reason);
  spdlog::info("{}: {}", request.empty() ? "request" : request,
               explain(tokens, departure, found_tokens));
  return {.tools_tokens = tokens.tools,
          .instructions_tokens = tokens.instructions,
          .context_tokens = tokens.context,
          .messages_tokens = tokens.messages,
          .reason = departure_reasons[static_cast<size_t>(reason)],
          .new_from = reason >= DepartureReason::tools ? departure.part : ""};
}

void EmbeddedGeneration::remember() {
  const auto told = reader_.tokens_told();
  const bool empty = told_.text.empty() && told_.calls.empty();  // it does not come back
  if (!memory_.echoes || !told || empty) return;
  sampled_.resize(*told);
  memory_.echoes->add(echo_names(memory_.conversation, told_),
                      {.tokens = std::move(sampled_),
                       .thinking = memory_.thinking,
                       .call_ids = reader_.own_call_ids()});
}

}  // namespace anyclaude
