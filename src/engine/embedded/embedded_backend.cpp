#include "engine/embedded/embedded_backend.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "base/sync.h"
#include "engine/embedded/answer_sampling.h"
#include "engine/embedded/caller.h"
#include "engine/embedded/embedded_generation.h"
#include "engine/embedded/engine.h"
#include "engine/embedded/model.h"
#include "engine/embedded/model_identity.h"
#include "engine/embedded/prompt_maker.h"
#include "engine/embedded/read_ahead.h"
#include "kv/note.h"
#include "protocol/model_id.h"
#include "protocol/origin.h"

namespace anyclaude {
namespace {

Result<void> check_tool_choice(const Conversation& conversation) {
  const ToolChoice& choice = conversation.tool_choice;
  const bool demands =
      choice.mode == ToolChoice::Mode::any || choice.mode == ToolChoice::Mode::tool;
  if (demands && conversation.tools.empty()) {
    return fail(Error::Kind::invalid_request, "tool_choice: tools are needed to choose from.");
  }
  if (choice.mode != ToolChoice::Mode::tool) return {};
  const bool known = std::any_of(conversation.tools.begin(), conversation.tools.end(),
                                 [&](const Tool& tool) { return tool.name == choice.name; });
  if (known) return {};
  return fail(Error::Kind::invalid_request,
              fmt::format("tool_choice.name: there is no tool named '{}'.", choice.name));
}

}  // namespace

// Everything that exists once the model is loaded; constant but for the engine inside.
struct LoadedModel {
  std::unique_ptr<Model> model;
  std::unique_ptr<PromptMaker> prompts;
  ModelInfo info;
  Fingerprint fingerprint;
  std::unique_ptr<Engine> engine;  // last: it stops first
};

namespace {

constexpr std::chrono::milliseconds folder_time_max{3'000};

Result<std::unique_ptr<LoadedModel>> load(const EmbeddedOptions& options, KvCache* cache,
                                          Metrics& metrics,
                                          const std::function<bool(float)>& progress) {
  auto out = std::make_unique<LoadedModel>();
  const std::string template_text = TRY(PromptMaker::read_template(options.chat_template_path));
  out->model = TRY(Model::load(options, progress));
  llama_model* model = out->model->model();
  if (cache) {
    const auto fingerprint = fingerprint_of(options, model, out->model->context());
    if (fingerprint) {
      out->fingerprint = *fingerprint;
    } else {
      spdlog::warn("Nothing is kept of computed prompts: {}", fingerprint.error().message);
      cache = nullptr;
    }
  }
  out->prompts = TRY(PromptMaker::open(model, options, template_text, to_hex(out->fingerprint),
                                       cache != nullptr, metrics));
  out->engine = std::make_unique<Engine>(
      *out->model,
      Engine::Options{.requests_max = options.requests_max,
                      .trust_copies_for_test = options.trust_copies_for_test},
      cache, metrics);

  // A request that came before its prompt is found would compute all of it. A folder that takes
  // longer has lost its index.
  if (cache) cache->wait_until_read(folder_time_max);

  const ModelSizes& sizes = out->model->sizes();
  out->info.id = options.model_id.empty() ? model_id_of_file(options.model_path) : options.model_id;
  out->info.description = out->model->description();
  out->info.context_tokens = sizes.context;
  out->info.output_tokens_max = options.output_tokens_max > 0
                                    ? std::min(options.output_tokens_max, sizes.context)
                                    : sizes.context;
  return out;
}

}  // namespace

struct EmbeddedBackend::Impl {
  Impl(EmbeddedOptions engine_options, KvCache* kv_cache, Metrics& registry)
      : options(std::move(engine_options)),
        cache(kv_cache),
        metrics(registry),
        grammars_refused(metrics.counter("anyclaude_engine_grammars_refused_total",
                                         "Grammars that libllama cannot take; their answers were "
                                         "left unconstrained.")) {
    loader = std::thread([this] { run_loader(); });
  }

  ~Impl() {
    giving_up.store(true);
    loader.join();
  }

  void run_loader() {
    auto result = load(options, cache, metrics, [this](float value) {
      progress.store(value);
      return !giving_up.load();
    });
    const MutexLock lock(mutex);
    if (result) {
      loaded = std::move(*result);
    } else {
      load_failure = result.error();
      failed = true;
    }
    done = true;
    changed.notify_all();
  }

  // The loaded model, or why there is none. The pointer stays valid until destruction.
  Result<LoadedModel*> get() const {
    const MutexLock lock(mutex);
    if (loaded) return loaded.get();
    if (failed) return std::unexpected(load_failure);
    return fail(Error::Kind::overloaded,
                fmt::format("The model is still loading ({:.0f} %).", 100 * progress.load()));
  }

  Result<std::unique_ptr<Generation>> start(LoadedModel& model, const Request& request);

  const EmbeddedOptions options;
  KvCache* const cache;
  Metrics& metrics;
  Counter& grammars_refused;
  PromptMetrics prompt_metrics{metrics};
  PromptHistory history;
  std::atomic<float> progress{0};
  std::atomic<bool> giving_up{false};
  mutable Mutex mutex;
  CondVar changed;
  std::unique_ptr<LoadedModel> loaded GUARDED_BY(mutex);
  Error load_failure GUARDED_BY(mutex);
  bool failed GUARDED_BY(mutex) = false;
  bool done GUARDED_BY(mutex) = false;
  std::thread loader;
};

Result<std::unique_ptr<Generation>> EmbeddedBackend::Impl::start(LoadedModel& model,
                                                                 const Request& request) {
  const Conversation& conversation = request.conversation;
  TRY_VOID(check_tool_choice(conversation));
  CanonicalConversation canonical = model.prompts->canonicalise(request);
  const bool forced = conversation.tool_choice.mode == ToolChoice::Mode::any ||
                      conversation.tool_choice.mode == ToolChoice::Mode::tool;
  if (forced) canonical.thinking = false;  // the call comes at once
  const std::string& sharing = request.origin.sharing;
  const Fingerprint fingerprint = salted(model.fingerprint, sharing);
  ReadAhead ahead(cache, fingerprint);
  const auto written = TRY(model.prompts->transcript().write(canonical, sharing));
  TokenisedPrompt prompt = model.prompts->tokeniser().tokenise(
      written.prompt, sharing,
      [&](std::span<const Token> begun, size_t fresh) { ahead.begun(begun, fresh); });
  const bool warming = request.origin.warming;
  if (warming) prompt.cut_to_head();
  const auto length = static_cast<uint32_t>(prompt.tokens.size());
  const uint32_t limit = model.info.context_tokens - 1;  // one token of answer at least
  if (length > limit) {
    return fail(Error::Kind::invalid_request,
                fmt::format("prompt is too long: {} tokens > {} maximum", length, limit));
  }
  EmbeddedGeneration::Explanation explanation{
      .request = request.origin.request_id,
      .tokens = tokens_by_section(prompt.extents, length),
      .departure = history.compare(canonical, prompt.extents, length, sharing),
      .metrics = warming ? nullptr : &prompt_metrics};
  auto format = TRY(model.prompts->chat_template().answer_format(conversation, canonical, sharing));

  JobSpec spec;
  spec.conversation = conversation_of(request);
  spec.priority = priority_of(request);
  spec.fingerprint = fingerprint;
  spec.note =
      encode_note({.model = model.info.id, .sharing = sharing, .words = first_words(conversation)});
  spec.prompt = std::move(prompt.tokens);
  spec.save_points = std::move(prompt.save_points);
  if (!format->forced_text.empty()) {
    spec.forced = model.prompts->tokeniser().tokenise_markup(format->forced_text);
  }
  uint32_t output = std::min(model.info.output_tokens_max, model.info.context_tokens - length);
  if (conversation.max_tokens > 0) {
    output = std::min(output, static_cast<uint32_t>(conversation.max_tokens));
  }
  spec.output_tokens_max = std::max(1u, output);
  auto sampler =
      TRY(make_sampler(model.model->model(),
                       sampling_of(conversation, *format, model.prompts->tokeniser(), options.seed),
                       grammars_refused));
  auto job = std::make_shared<Job>(std::move(spec));
  AnswerReader reader(format, model.prompts->tokeniser(), conversation.stop_sequences,
                      model.prompts->turn_ends());
  TRY_VOID(model.engine->submit(job, std::move(sampler)));
  EmbeddedGeneration::Memory memory;
  if (canonical.prefill.empty() && !warming) {
    memory = {&model.prompts->echoes(), written.name, canonical.thinking};
  }
  return std::make_unique<EmbeddedGeneration>(std::move(job), std::move(reader), memory,
                                              std::move(explanation), cache);
}

EmbeddedBackend::EmbeddedBackend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedBackend::~EmbeddedBackend() = default;

std::unique_ptr<EmbeddedBackend> EmbeddedBackend::open(EmbeddedOptions options, KvCache* cache,
                                                       Metrics& metrics) {
  return std::unique_ptr<EmbeddedBackend>(
      new EmbeddedBackend(std::make_unique<Impl>(std::move(options), cache, metrics)));
}

Result<void> EmbeddedBackend::wait_until_loaded() {
  const MutexLock lock(impl_->mutex);
  while (!impl_->done) impl_->changed.wait(impl_->mutex);
  if (impl_->failed) return std::unexpected(impl_->load_failure);
  return {};
}

std::vector<ModelInfo> EmbeddedBackend::models() const {
  const auto model = impl_->get();
  if (!model) return {};
  return {(*model)->info};
}

Readiness EmbeddedBackend::readiness() const {
  const auto model = impl_->get();
  if (model) return {.ready = true, .failed = false, .progress = 1, .what = "ready"};
  const MutexLock lock(impl_->mutex);
  if (impl_->failed) return {false, true, 0, impl_->load_failure.message};
  return {false, false, impl_->progress.load(), "loading the model"};
}

Result<std::unique_ptr<Generation>> EmbeddedBackend::start(Request request) {
  LoadedModel* model = TRY(impl_->get());
  // What the cells lack of it comes back while its text is rendered and tokenised.
  if (const auto name = conversation_of(request); !name.empty()) model->engine->expect(name);
  return impl_->start(*model, request);
}

Result<uint32_t> EmbeddedBackend::count_tokens(const Request& request) {
  LoadedModel* model = TRY(impl_->get());
  const auto canonical = model->prompts->canonicalise(request);
  const std::string& sharing = request.origin.sharing;
  const auto written = TRY(model->prompts->transcript().write(canonical, sharing));
  return static_cast<uint32_t>(
      model->prompts->tokeniser().tokenise(written.prompt, sharing).tokens.size());
}

Report EmbeddedBackend::report() const {
  const auto found = impl_->get();
  if (!found) return {};
  const LoadedModel& model = **found;
  const ModelSizes& sizes = model.model->sizes();
  std::vector<std::pair<std::string, std::string>> lines = {
      {"model", fmt::format("{} ({})", model.info.id, model.info.description)},
      {"context", fmt::format("{} tokens (trained for {})", sizes.context, sizes.trained)},
      {"cells", fmt::format("{} over {} sequences, {} MiB", sizes.cells, sizes.sequences,
                            sizes.memory_bytes >> 20)},
      {"memory", describe(model.engine->memory())},
      {"batch", fmt::format("{} tokens, {} threads", sizes.batch, sizes.threads)}};
  const auto findings = model.prompts->findings();
  lines.insert(lines.end(), findings.begin(), findings.end());
  return lines;
}

}  // namespace anyclaude
