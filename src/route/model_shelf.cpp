#include "route/model_shelf.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "protocol/model_id.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{250};  // after waiting requests
constexpr milliseconds load_interval{50};   // after a model that is being loaded
constexpr milliseconds idle_interval{500};  // after models that may have to leave
constexpr double answer_wait_max_s = 600;
constexpr double count_wait_max_s = 20;
// A model that could not be loaded is not tried again at once.
constexpr double retry_after_s = 10;
// Beside the weights: buffers of the engine, and some cells.
constexpr uint64_t least_beside_bytes = 512ull << 20;

ShelfOptions with_defaults(ShelfOptions options) {
  if (!options.now_s) options.now_s = steady_seconds();
  if (!options.room_bytes) {
    options.room_bytes = [](uint64_t) { return std::numeric_limits<uint64_t>::max(); };
  }
  return options;
}

}  // namespace

// ---- A request ----------------------------------------------------------------------------------

class ModelShelf::Answer final : public Generation {
 public:
  Answer(ModelShelf& shelf, size_t number, Ticket ticket, Request request)
      : shelf_(shelf), number_(number), ticket_(ticket), request_(std::move(request)) {}
  ~Answer() override {
    inner_.reset();
    if (uses_) {
      shelf_.give_back(number_);
    } else {
      shelf_.leave(number_, ticket_);
    }
  }

  Result<void> begin(Backend& backend) {
    uses_ = true;
    inner_ = TRY(backend.start(std::move(request_)));
    return {};
  }

  uint32_t prompt_tokens() const override { return inner_ ? inner_->prompt_tokens() : 0; }
  std::string backend() const override { return inner_ ? inner_->backend() : std::string(); }
  std::string reason() const override { return inner_ ? inner_->reason() : std::string(); }

  Result<Finish> run(const EventSink& sink) override {
    if (!inner_) {
      Backend* backend = TRY(
          shelf_.wait_for(number_, ticket_, answer_wait_max_s, [&] { return sink(Waiting{}); }));
      TRY_VOID(begin(*backend));
    }
    return inner_->run(sink);
  }

 private:
  ModelShelf& shelf_;
  const size_t number_;
  const Ticket ticket_;
  Request request_;  // gone once the model has it
  bool uses_ = false;
  std::unique_ptr<Generation> inner_;
};

Result<std::unique_ptr<Generation>> ModelShelf::start(Request request) {
  const size_t number = number_of(request.model);
  const auto [ticket, taken] = enter(number);
  if (taken && !*taken) return std::unexpected(taken->error());
  auto answer = std::make_unique<Answer>(*this, number, ticket, std::move(request));
  if (taken) TRY_VOID(answer->begin(***taken));
  return answer;
}

Result<uint32_t> ModelShelf::count_tokens(const Request& request) {
  const size_t number = number_of(request.model);
  const auto [ticket, taken] = enter(number);
  const auto backend =
      taken ? *taken : wait_for(number, ticket, count_wait_max_s, [] { return true; });
  if (!backend) {
    leave(number, ticket);
    return std::unexpected(backend.error());
  }
  auto count = (*backend)->count_tokens(request);
  give_back(number);
  return count;
}

size_t ModelShelf::number_of(const std::string& model) const {
  const auto& models = options_.models;
  const auto named = std::ranges::find_if(
      models, [&](const ShelvedModel& one) { return one.name == model || one.info.id == model; });
  if (named != models.end()) return static_cast<size_t>(named - models.begin());
  if (options_.small_model.empty() || !names_small_model(model)) return 0;
  const auto small = std::ranges::find(models, options_.small_model, &ShelvedModel::name);
  return small == models.end() ? 0 : static_cast<size_t>(small - models.begin());
}

// A request comes: it has its model, or why it will not have it, or waits from now on.
ModelShelf::Entered ModelShelf::enter(size_t number) {
  const MutexLock lock(mutex_);
  Entered entered{.ticket = next_ticket_++, .taken = {}};
  entered.taken = take(number, entered.ticket);
  if (!entered.taken) {
    places_[number].waiting.insert(entered.ticket);
    changed_.notify_all();
  }
  return entered;
}

// The model where it is there and this request's turn has come, or why it will not be there.
std::optional<Result<Backend*>> ModelShelf::take(size_t number, Ticket ticket) {
  Place& place = places_[number];
  if (stopping_) return fail(Error::Kind::overloaded, "The server is stopping.");
  if (place.loaded && ticket < blocked_) {
    place.waiting.erase(ticket);
    ++place.users;
    return place.backend.get();
  }
  const bool tried = place.failure && (ticket < place.failed_before ||
                                       options_.now_s() < place.failed_s + retry_after_s);
  if (place.loaded || !tried) return std::nullopt;
  return std::unexpected(*place.failure);
}

Result<Backend*> ModelShelf::wait_for(size_t number, Ticket ticket, double time_max_s,
                                      const std::function<bool()>& go_on) {
  const double end_s = options_.now_s() + time_max_s;
  while (true) {
    {
      const MutexLock lock(mutex_);
      auto taken = take(number, ticket);
      if (!taken) {
        changed_.wait_for(mutex_, look_interval);
        taken = take(number, ticket);
      }
      if (taken) return std::move(*taken);
    }
    if (!go_on()) return fail(Error::Kind::cancelled, "The client has left.");
    if (options_.now_s() < end_s) continue;
    return fail(Error::Kind::overloaded,
                fmt::format("The model {} is not loaded yet: others are in use, or it takes long.",
                            id_of(number)));
  }
}

void ModelShelf::give_back(size_t number) {
  const MutexLock lock(mutex_);
  Place& place = places_[number];
  --place.users;
  place.used_s = options_.now_s();
  changed_.notify_all();
}

void ModelShelf::leave(size_t number, Ticket ticket) {
  const MutexLock lock(mutex_);
  places_[number].waiting.erase(ticket);
  changed_.notify_all();
}

// ---- Loading and unloading, on the shelf's thread -----------------------------------------------

ModelShelf::ModelShelf(ShelfOptions options, Metrics& metrics)
    : options_(with_defaults(std::move(options))),
      loads_(
          metrics.counter("anyclaude_model_loads_total", "Models loaded by the embedded engine.")),
      left_idle_(metrics.counter("anyclaude_model_unloads_total",
                                 "Models unloaded; idle: not used for long, memory: another one "
                                 "needed the room.",
                                 {{"reason", "idle"}})),
      left_for_others_(
          metrics.counter("anyclaude_model_unloads_total", "", {{"reason", "memory"}})),
      loaded_(metrics.gauge("anyclaude_models_loaded", "Models that are loaded now.")),
      places_(options_.models.size()) {
  {
    const MutexLock lock(mutex_);
    for (size_t i = 0; i < places_.size(); ++i) places_[i].info = options_.models[i].info;
    places_.front().waiting.insert(0);  // nobody's: it is loaded before anybody asks
  }
  keeper_ = std::thread([this] { keep(); });
}

ModelShelf::~ModelShelf() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  keeper_.join();
}

void ModelShelf::keep() {
  while (true) {
    Work work;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      work = next_work();
      if (work.none()) {
        wait_for_work();
        continue;
      }
    }
    work.leaving.reset();
    if (work.open) opened(*work.open, options_.models[*work.open].open(work.others));
  }
}

void ModelShelf::wait_for_work() {
  if (loading_) {
    changed_.wait_for(mutex_, load_interval);
  } else if (blocked_ != no_ticket) {
    changed_.wait_for(mutex_, look_interval);  // others on this machine may leave room
  } else if (options_.idle_max_s > 0) {
    changed_.wait_for(mutex_, idle_interval);
  } else {
    changed_.wait(mutex_);
  }
}

ModelShelf::Work ModelShelf::next_work() {
  if (loading_) {
    Work work = watch_loading(*loading_);
    if (loading_ || !work.none()) return work;
  }
  blocked_ = no_ticket;
  if (const auto idle = idle_for_too_long()) {
    left_idle_.add();
    return unload(*idle, "nobody has used it lately");
  }
  const auto wanted = most_wanted();
  if (!wanted) return {};
  if (!has_room(*wanted)) {
    Work work = make_way(*wanted, *places_[*wanted].waiting.begin());
    const bool alone = std::ranges::none_of(places_, &Place::loaded);
    // Alone it is the engine's to say whether it fits.
    if (!work.none() || !alone) return work;
  }
  loading_ = wanted;
  spdlog::info("loading the model {}", id_of(*wanted));
  return {.open = wanted, .others = loaded_bytes(), .leaving = nullptr};
}

ModelShelf::Work ModelShelf::watch_loading(size_t number) {
  Place& place = places_[number];
  const Readiness readiness = place.backend->readiness();
  if (readiness.failed) {
    failed(number, {Error::Kind::internal, readiness.what});
    return {.open = {}, .others = 0, .leaving = std::move(place.backend)};
  }
  if (!readiness.ready) return {};
  loading_.reset();
  place.loaded = true;
  place.waiting.erase(0);
  place.failure.reset();
  place.used_s = options_.now_s();
  place.abilities = place.backend->abilities();
  const auto served = place.backend->models();
  if (!served.empty()) place.info = served.front();
  loads_.add();
  loaded_.add(1);
  changed_.notify_all();
  return {};
}

// The longest unused model leaves, unless it is still to answer somebody who came before `ticket`.
ModelShelf::Work ModelShelf::make_way(size_t wanted, Ticket ticket) {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    const bool needed =
        place.users > 0 || (!place.waiting.empty() && *place.waiting.begin() < ticket);
    if (!place.loaded || needed) continue;
    if (!oldest || place.used_s < places_[*oldest].used_s) oldest = i;
  }
  if (!oldest) {
    blocked_ = ticket;
    return {};
  }
  left_for_others_.add();
  return unload(*oldest, fmt::format("{} needs the memory", id_of(wanted)));
}

ModelShelf::Work ModelShelf::unload(size_t number, const std::string& why) {
  spdlog::info("unloading the model {}: {}", id_of(number), why);
  loaded_.add(-1);
  Place& place = places_[number];
  place.loaded = false;
  return {.open = {}, .others = 0, .leaving = std::move(place.backend)};
}

std::optional<size_t> ModelShelf::idle_for_too_long() const {
  if (options_.idle_max_s <= 0) return std::nullopt;
  const double now_s = options_.now_s();
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    const bool idle = place.loaded && place.users == 0 && place.waiting.empty();
    if (idle && now_s - place.used_s >= options_.idle_max_s) return i;
  }
  return std::nullopt;
}

std::optional<size_t> ModelShelf::most_wanted() const {
  std::optional<size_t> first;
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.loaded || place.waiting.empty()) continue;
    if (!first || *place.waiting.begin() < *places_[*first].waiting.begin()) first = i;
  }
  return first;
}

bool ModelShelf::has_room(size_t number) const {
  const uint64_t bytes = options_.models[number].bytes;
  return options_.room_bytes(loaded_bytes()) >= bytes + bytes / 8 + least_beside_bytes;
}

uint64_t ModelShelf::loaded_bytes() const {
  uint64_t bytes = 0;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].loaded) bytes += options_.models[i].bytes;
  }
  return bytes;
}

void ModelShelf::failed(size_t number, Error error) {
  spdlog::warn("the model {} is not loaded: {}", id_of(number), error.message);
  loading_.reset();
  Place& place = places_[number];
  place.failure = std::move(error);
  place.failed_before = next_ticket_;
  place.failed_s = options_.now_s();
  place.waiting.clear();  // they have it, too
  changed_.notify_all();
}

void ModelShelf::opened(size_t number, Result<std::unique_ptr<Backend>> backend) {
  const MutexLock lock(mutex_);
  if (backend) {
    places_[number].backend = std::move(*backend);
  } else {
    failed(number, {Error::Kind::internal, backend.error().message});
  }
}

// ---- What there is ------------------------------------------------------------------------------

std::vector<ModelInfo> ModelShelf::models() const {
  const MutexLock lock(mutex_);
  std::vector<ModelInfo> all;
  if (!places_.front().abilities.ready) return all;
  for (const Place& place : places_) {
    ModelInfo& info = all.emplace_back(place.info);
    info.loaded = place.loaded;
  }
  return all;
}

Readiness ModelShelf::readiness() const {
  const MutexLock lock(mutex_);
  const Place& first = places_.front();
  if (first.abilities.ready)
    return {.ready = true, .failed = false, .progress = 1, .what = "ready"};
  if (first.failure) return {false, true, 0, first.failure->message};
  Readiness readiness;
  if (first.backend) readiness = first.backend->readiness();
  // Ready it is when the shelf has seen it.
  return {false, false, readiness.progress, "loading the model"};
}

Abilities ModelShelf::abilities() const {
  const MutexLock lock(mutex_);
  return places_.front().abilities;
}

Report ModelShelf::report() const {
  const MutexLock lock(mutex_);
  Report all;
  for (const Place& place : places_) {
    if (!place.loaded) continue;
    const Report one = place.backend->report();
    std::ranges::copy(one, std::back_inserter(all));
  }
  if (places_.size() == 1) return all;
  std::string names;
  for (size_t i = 1; i < places_.size(); ++i) {
    names += (names.empty() ? "" : ", ") + places_[i].info.id;
  }
  all.emplace_back("on demand", std::move(names));
  return all;
}

}  // namespace anyclaude
