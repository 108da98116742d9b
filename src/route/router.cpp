#include "route/router.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file.h"
#include "protocol/origin.h"

namespace anyclaude {
namespace {

RouterOptions with_clock(RouterOptions options) {
  if (!options.now_s) options.now_s = steady_seconds();
  return options;
}

// Another server may do better. What is wrong with the request is wrong everywhere, but for its
// length.
bool helps_to_go_on(const Error& error) {
  return error.kind == Error::Kind::upstream || error.kind == Error::Kind::timeout ||
         error.kind == Error::Kind::overloaded || error.message.starts_with("prompt is too long");
}

}  // namespace

// ---- A request ----------------------------------------------------------------------------------

class Router::Routed final : public Generation {
 public:
  Routed(Router& router, const std::string& mode, Request request)
      : router_(router),
        chosen_by_user_(mode != auto_mode),
        numbers_(router.numbers_of(mode).value_or(std::vector<size_t>())),
        request_(std::move(request)),
        trail_(trail_of(request_)),
        conversation_(conversation_of(request_)) {}
  ~Routed() override {
    if (begun_) router_.table_.left(number_);
  }

  Result<void> start() {
    decide();
    return begin();
  }

  size_t number() const { return number_; }

  uint32_t prompt_tokens() const override { return inner_->prompt_tokens(); }
  std::string backend() const override { return router_.table_.server(number_).name; }
  std::string reason() const override { return reason_; }

  Result<Finish> run(const EventSink& sink) override {
    while (true) {
      first_event_s_.reset();
      auto finish = inner_->run([&](const Event& event) {
        if (!first_event_s_ && !std::holds_alternative<Waiting>(event)) {
          first_event_s_ = router_.options_.now_s();
        }
        return sink(event);
      });
      if (finish) {
        answered(*finish);
        return finish;
      }
      const Error error = std::move(finish).error();
      ended(error);
      // What the client has seen of an answer cannot be taken back.
      if (first_event_s_ || !helps_to_go_on(error)) return std::unexpected(error);
      note_failover(error);
      if (!begin()) return std::unexpected(error);
    }
  }

 private:
  void decide() {
    auto candidates = router_.table_.candidates(numbers_, trail_, conversation_);
    DecisionInput input;
    input.needs = needs_of(request_);
    input.prompt_bytes = trail_.bytes();
    input.head_hash = trail_.head_hash();
    input.answer_tokens = router_.table_.answer_tokens();
    input.chosen_by_user = chosen_by_user_;
    Decision decision = anyclaude::decide(input, candidates, router_.options_.rules);
    order_ = std::move(decision.order);
    reason_ = std::move(decision.reason);
    if (order_.size() < 2) return;
    std::string server = candidates[order_.front()].name;
    spdlog::info("{}: {}: {}", request_.origin.request_id, server, reason_);
    router_.note({request_.origin.request_id, input, std::move(candidates), router_.options_.rules,
                  std::move(server), reason_});
  }

  Result<void> begin_next() {
    number_ = numbers_[order_[next_++]];
    Backend* backend = router_.table_.backend(number_);
    if (backend == nullptr) return fail(Error::Kind::overloaded, "It is not open.");
    known_bytes_ = router_.table_.begin(number_, trail_, conversation_);
    begun_ = true;
    begun_s_ = router_.options_.now_s();
    const bool last = next_ == order_.size();
    auto inner = backend->start(last ? std::move(request_) : request_);
    if (!inner) {
      ended(inner.error());
      return std::unexpected(std::move(inner).error());
    }
    inner_ = std::move(*inner);
    return {};
  }

  // The next server that takes it; else what the first of them said.
  Result<void> begin() {
    std::optional<Error> first_error;
    while (next_ < order_.size()) {
      const auto begun = begin_next();
      if (begun) return {};
      if (!first_error) first_error = begun.error();
      if (!helps_to_go_on(begun.error())) break;
      note_failover(begun.error());
    }
    if (first_error) return std::unexpected(std::move(*first_error));
    return fail(Error::Kind::overloaded, "No server is open.");
  }

  void note_failover(const Error& error) {
    if (next_ == order_.size()) return;
    router_.failovers_[number_]->add();
    reason_ = fmt::format("{} failed", backend());
    spdlog::warn("{}: {} failed: {}", request_.origin.request_id, backend(), error.message);
  }

  void answered(const Finish& finish) {
    const double end_s = router_.options_.now_s();
    const double first_s = first_event_s_.value_or(end_s);
    AnswerTimes times;
    times.known_bytes = known_bytes_;
    const Usage& usage = finish.usage;
    // A server that tells what it found knows better, as after a restart of ours.
    if (usage.prompt_tokens_cached > 0 && usage.prompt_tokens > 0) {
      times.known_bytes = trail_.bytes() * usage.prompt_tokens_cached / usage.prompt_tokens;
    }
    times.known_bytes = std::min(times.known_bytes, trail_.bytes());
    times.new_bytes = trail_.bytes() - times.known_bytes;
    times.first_token_s = first_s - begun_s_;
    times.output_tokens = usage.output_tokens;
    times.rest_s = end_s - first_s;
    begun_ = false;
    router_.table_.answered(number_, times);
  }

  void ended(const Error& error) {
    begun_ = false;
    const bool fault = error.kind == Error::Kind::upstream || error.kind == Error::Kind::timeout;
    if (fault) {
      router_.table_.failed(number_);
    } else {
      router_.table_.left(number_);
    }
  }

  Router& router_;
  const bool chosen_by_user_;
  const std::vector<size_t> numbers_;
  Request request_;  // gone once the last server has it
  const PromptTrail trail_;
  const std::string conversation_;
  std::vector<size_t> order_;
  std::string reason_;
  size_t next_ = 0;    // in order_
  size_t number_ = 0;  // of the server that has it now
  bool begun_ = false;
  uint64_t known_bytes_ = 0;
  double begun_s_ = 0;
  std::optional<double> first_event_s_;
  std::unique_ptr<Generation> inner_;
};

Result<std::unique_ptr<Generation>> Router::start(Request request) {
  auto routed = std::make_unique<Routed>(*this, mode(), std::move(request));
  TRY_VOID(routed->start());
  requests_[routed->number()]->add();
  return routed;
}

Result<uint32_t> Router::count_tokens(const Request& request) {
  std::optional<Error> first_error;
  for (Backend* backend : backends()) {
    auto count = backend->count_tokens(request);
    if (count) return count;
    if (!first_error) first_error = std::move(count).error();
  }
  if (first_error) return std::unexpected(std::move(*first_error));
  return fail(Error::Kind::overloaded, "No server is open.");
}

// ---- The mode -----------------------------------------------------------------------------------

Router::Router(RouterOptions options, Metrics& metrics)
    : options_(with_clock(std::move(options))), table_(options_.servers, options_.now_s) {
  for (const RoutedServer& server : options_.servers) {
    const Metrics::Labels labels = {{"server", server.name}};
    requests_.push_back(&metrics.counter("anyclaude_route_requests_total",
                                         "Requests by the server that they went to.", labels));
    failovers_.push_back(&metrics.counter(
        "anyclaude_route_failovers_total",
        "Requests that went on to another server, by the one that failed.", labels));
  }
}

Router::~Router() = default;

std::vector<std::string> Router::modes() const {
  std::vector<std::string> modes{std::string(auto_mode)};
  for (const RoutedServer& server : options_.servers) {
    if (std::ranges::find(modes, server.mode) == modes.end()) modes.push_back(server.mode);
  }
  return modes;
}

std::string Router::mode() const {
  const MutexLock lock(mutex_);
  return mode_;
}

Result<std::vector<size_t>> Router::numbers_of(const std::string& mode) const {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < table_.size(); ++i) {
    if (mode == auto_mode || table_.server(i).mode == mode) numbers.push_back(i);
  }
  if (!numbers.empty()) return numbers;
  return fail(
      Error::Kind::invalid_request,
      fmt::format("There is no mode '{}' here: choose one of {}.", mode, fmt::join(modes(), ", ")));
}

Result<void> Router::begin(const std::string& mode) {
  const auto numbers = TRY(numbers_of(mode));
  TRY_VOID(table_.open(numbers));
  const MutexLock lock(mutex_);
  mode_ = mode;
  return {};
}

Result<void> Router::set_mode(const std::string& mode) {
  TRY_VOID(begin(mode));
  spdlog::info("mode {}", mode);
  if (options_.mode_file.empty()) return {};
  const auto kept = keep_mode(options_.mode_file, mode);
  if (!kept) spdlog::warn("the mode is not kept for the next start: {}", kept.error().message);
  return {};
}

std::vector<Backend*> Router::backends() const {
  std::vector<Backend*> open;
  for (const size_t number : numbers_of(mode()).value_or(std::vector<size_t>())) {
    if (Backend* backend = table_.backend(number)) open.push_back(backend);
  }
  std::ranges::stable_partition(open, [](Backend* one) { return one->abilities().ready; });
  return open;
}

Result<void> keep_mode(const std::filesystem::path& mode_file, const std::string& mode) {
  return write_file(mode_file, mode + "\n");
}

std::string kept_mode(const std::filesystem::path& mode_file) {
  constexpr size_t bytes_max = 64;
  std::string text = read_head(mode_file, bytes_max);
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

// ---- What was decided ---------------------------------------------------------------------------

void Router::note(DecisionRecord record) {
  constexpr size_t records_max = 256;
  const MutexLock lock(mutex_);
  decisions_.push_back(std::move(record));
  if (decisions_.size() > records_max) decisions_.pop_front();
}

std::vector<DecisionRecord> Router::decisions() const {
  const MutexLock lock(mutex_);
  return {decisions_.begin(), decisions_.end()};
}

// ---- What there is ------------------------------------------------------------------------------

std::vector<RoutedState> Router::servers() {
  std::vector<size_t> all(table_.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto candidates = table_.candidates(all, {}, {});
  std::vector<RoutedState> states;
  for (const size_t number : all) {
    RoutedState& state = states.emplace_back();
    state.server = table_.server(number);
    state.now = candidates[number];
    if (const Backend* backend = table_.backend(number)) {
      state.open = true;
      state.readiness = backend->readiness();
      const auto served = backend->models();
      if (!served.empty()) state.model = served.front().id;
    }
  }
  return states;
}

std::vector<ModelInfo> Router::models() const {
  std::vector<ModelInfo> all;
  for (const Backend* backend : backends()) {
    for (ModelInfo& model : backend->models()) {
      const bool listed = std::ranges::find(all, model.id, &ModelInfo::id) != all.end();
      if (!listed) all.push_back(std::move(model));
    }
  }
  return all;
}

Readiness Router::readiness() const {
  const auto open = backends();
  if (open.empty()) return {.what = "no server is open"};
  // One that may still come is worth waiting for, if others have failed for good.
  Readiness first = open.front()->readiness();
  for (const Backend* backend : open) {
    if (!first.failed) break;
    first = backend->readiness();
  }
  return first;
}

Abilities Router::abilities() const {
  const auto open = backends();
  Abilities abilities = open.empty() ? Abilities() : open.front()->abilities();
  abilities.passes_on = std::ranges::any_of(
      open, [](const Backend* backend) { return backend->abilities().passes_on; });
  return abilities;
}

Report Router::report() const {
  Report all;
  for (const Backend* backend : backends()) {
    for (auto& line : backend->report()) all.push_back(std::move(line));
  }
  return all;
}

}  // namespace anyclaude
