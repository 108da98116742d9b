#include "engine/embedded/embedded_backend.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/files.h"
#include "base/sync.h"
#include "engine/embedded/answer_sampling.h"
#include "engine/embedded/caller.h"
#include "engine/embedded/chat_template.h"
#include "engine/embedded/embedded_generation.h"
#include "engine/embedded/engine.h"
#include "engine/embedded/model.h"
#include "engine/embedded/model_identity.h"
#include "engine/embedded/read_ahead.h"
#include "engine/embedded/tokeniser.h"
#include "kv/journal.h"
#include "kv/note.h"
#include "prompt/canonical.h"
#include "prompt/prompt_writer.h"
#include "prompt/tool_sets.h"
#include "prompt/transcript.h"

namespace anyclaude {
namespace {

std::string default_model_id(const std::string& path) {
  std::string id = "local-" + std::filesystem::path(path).stem().string();
  for (char& c : id) {
    c = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.'
            ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
            : '-';
  }
  return id;
}

Result<std::string> read_template(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return fail(Error::Kind::not_found, fmt::format("The chat template {} cannot be read.", path));
  }
  return text.str();
}

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
  std::unique_ptr<Tokeniser> tokeniser;
  std::unique_ptr<ChatTemplate> chat_template;
  std::unique_ptr<PromptWriter> writer;
  EchoTable echoes;
  ToolSets tool_sets;
  // Of the tables above; null: they are kept in RAM alone.
  std::unique_ptr<Journal> answers_journal;
  std::unique_ptr<Journal> tool_sets_journal;
  std::unique_ptr<Transcript> transcript;
  std::vector<std::string> turn_ends;
  ModelInfo info;
  Fingerprint fingerprint;
  std::unique_ptr<Engine> engine;  // last: it stops first
};

namespace {

constexpr std::chrono::milliseconds folder_time_max{3'000};

// Null where they are kept in RAM alone.
template <class Table>
std::unique_ptr<Journal> open_journal(const EmbeddedOptions& options, const char* name,
                                      uint64_t bytes_max, Table& table, Metrics& metrics) {
  if (options.state_folder.empty()) return nullptr;
  Journal::Options journal;
  journal.file = std::filesystem::path(options.state_folder) / name;
  journal.bytes_max = bytes_max;
  return open_journal_of(table, real_files(), journal, metrics);
}

// How prompts have the answers of earlier turns.
const char* old_answers(const Transcript& transcript) {
  const bool texts = transcript.takes_sampled(false);
  const bool calls = transcript.takes_sampled(true);
  if (texts && calls) return "as they were sampled";
  if (texts) return "as they were sampled, but for tool calls";
  return calls ? "tool calls as they were sampled" : "as the template writes them";
}

CanonicalConversation canonical_of(LoadedModel& model, const Request& request) {
  const PromptLayout layout = model.writer->layout();
  CanonicalConversation canonical =
      canonicalise(request.conversation, model.chat_template->capabilities(), layout);
  if (layout == PromptLayout::cache) {
    canonical.tool_partings = model.tool_sets.arrange(canonical.tools, request.origin.sharing);
  }
  return canonical;
}

Result<std::unique_ptr<LoadedModel>> load(const EmbeddedOptions& options, KvCache* cache,
                                          Metrics& metrics,
                                          const std::function<bool(float)>& progress) {
  auto out = std::make_unique<LoadedModel>();
  const std::string override_source = TRY(read_template(options.chat_template_path));
  out->model = TRY(Model::load(options, progress));
  llama_model* model = out->model->model();
  const auto source = TRY(ChatTemplate::choose_source(model, override_source));
  out->tokeniser = std::make_unique<Tokeniser>(model, source.text + source.tool_use_text,
                                               options.token_memory_bytes_max, metrics);
  const PromptLayout layout =
      options.prompt_layout == "template" ? PromptLayout::as_template : PromptLayout::cache;
  out->chat_template =
      TRY(ChatTemplate::open(model, source, out->tokeniser->guard(), layout, metrics));
  out->writer =
      std::make_unique<PromptWriter>(*out->chat_template, out->tokeniser->guard(), layout);
  out->turn_ends = out->chat_template->turn_ends(*out->tokeniser);
  if (cache) {
    const auto fingerprint = fingerprint_of(options, model, out->model->context());
    if (fingerprint) {
      out->fingerprint = *fingerprint;
    } else {
      spdlog::warn("Nothing is kept of computed prompts: {}", fingerprint.error().message);
      cache = nullptr;
    }
  }
  if (cache) {
    out->answers_journal =
        open_journal(options, "answers", EchoTable::bytes_max_default, out->echoes, metrics);
    out->tool_sets_journal =
        open_journal(options, "tool-sets", ToolSets::journal_bytes_max, out->tool_sets, metrics);
  }
  const Hash128 template_hash = hash128(bytes_of(source.text + source.tool_use_text));
  out->transcript = std::make_unique<Transcript>(
      *out->chat_template, out->tokeniser->guard(), *out->writer, out->echoes,
      Transcript::Options{.model = to_hex(out->fingerprint) + to_hex(template_hash),
                          .turn_ends = out->tokeniser->generation_ends(),
                          .turn_marks = out->chat_template->turn_marks(),
                          .token_end = llama_vocab_n_tokens(llama_model_get_vocab(model))},
      metrics);
  out->engine = std::make_unique<Engine>(
      *out->model,
      Engine::Options{.requests_max = options.requests_max,
                      .trust_copies_for_test = options.trust_copies_for_test},
      cache, metrics);

  // A request that came before its prompt is found would compute all of it. A folder that takes
  // longer has lost its index.
  if (cache) cache->wait_until_read(folder_time_max);

  const ModelSizes& sizes = out->model->sizes();
  out->info.id = options.model_id.empty() ? default_model_id(options.model_path) : options.model_id;
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
  CanonicalConversation canonical = canonical_of(model, request);
  const bool forced = conversation.tool_choice.mode == ToolChoice::Mode::any ||
                      conversation.tool_choice.mode == ToolChoice::Mode::tool;
  if (forced) canonical.thinking = false;  // the call comes at once
  const std::string& sharing = request.origin.sharing;
  const Fingerprint fingerprint = salted(model.fingerprint, sharing);
  ReadAhead ahead(cache, fingerprint);
  const auto written = TRY(model.transcript->write(canonical, sharing));
  TokenisedPrompt prompt = model.tokeniser->tokenise(
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
  auto format = TRY(model.chat_template->answer_format(conversation, canonical, sharing));

  JobSpec spec;
  spec.conversation = conversation_of(request);
  spec.priority = priority_of(request);
  spec.fingerprint = fingerprint;
  spec.note =
      encode_note({.model = model.info.id, .sharing = sharing, .words = first_words(conversation)});
  spec.prompt = std::move(prompt.tokens);
  spec.save_points = std::move(prompt.save_points);
  if (!format->forced_text.empty()) {
    spec.forced = model.tokeniser->tokenise_markup(format->forced_text);
  }
  uint32_t output = std::min(model.info.output_tokens_max, model.info.context_tokens - length);
  if (conversation.max_tokens > 0) {
    output = std::min(output, static_cast<uint32_t>(conversation.max_tokens));
  }
  spec.output_tokens_max = std::max(1u, output);
  auto sampler = TRY(make_sampler(
      model.model->model(), sampling_of(conversation, *format, *model.tokeniser, options.seed),
      grammars_refused));
  auto job = std::make_shared<Job>(std::move(spec));
  AnswerReader reader(format, *model.tokeniser, conversation.stop_sequences, model.turn_ends);
  TRY_VOID(model.engine->submit(job, std::move(sampler)));
  EmbeddedGeneration::Memory memory;
  if (canonical.prefill.empty() && !warming) {
    memory = {&model.echoes, written.name, canonical.thinking};
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
  const auto canonical = canonical_of(*model, request);
  const std::string& sharing = request.origin.sharing;
  const auto written = TRY(model->transcript->write(canonical, sharing));
  return static_cast<uint32_t>(model->tokeniser->tokenise(written.prompt, sharing).tokens.size());
}

std::vector<std::pair<std::string, std::string>> EmbeddedBackend::report() const {
  const auto found = impl_->get();
  if (!found) return {};
  const LoadedModel& model = **found;
  const ModelSizes& sizes = model.model->sizes();
  const TemplateFindings& findings = model.chat_template->findings();
  const std::string& given = impl_->options.chat_template_path;
  std::string shown = given.empty() ? "the model's own" : given;
  if (findings.builtin) shown = "built-in, because " + findings.reason;
  return {{"model", fmt::format("{} ({})", model.info.id, model.info.description)},
          {"context", fmt::format("{} tokens (trained for {})", sizes.context, sizes.trained)},
          {"cells", fmt::format("{} over {} sequences, {} MiB", sizes.cells, sizes.sequences,
                                sizes.memory_bytes >> 20)},
          {"memory", describe(model.engine->memory())},
          {"batch", fmt::format("{} tokens, {} threads", sizes.batch, sizes.threads)},
          {"chat template", shown},
          {"tool calls", model.chat_template->capabilities().parallel_calls ? "several in one turn"
                                                                            : "one in a turn"},
          {"thinking", findings.thinking ? "yes" : "no"},
          {"old answers", old_answers(*model.transcript)},
          {"system text",
           model.writer->moves_system() ? "moved behind the tools" : "where the template has it"}};
}

}  // namespace anyclaude
