#include "cli/embedded_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/cache_options.h"
#include "engine/embedded/embedded_backend.h"
#include "engine/embedded/survey.h"
#include "engine/no_backend.h"
#include "models/model_choice.h"
#include "protocol/model_id.h"
#include "route/model_shelf.h"

namespace anyclaude {
namespace {

constexpr std::chrono::seconds idle_max_of_several{15 * 60};

Result<std::vector<NamedFile>> choose_all(const Config& config) {
  const ModelChoice first = TRY(choose_model(config.model, config.folders));
  if (first.none) return std::vector<NamedFile>();
  auto all = TRY(choose_more_models(config.more_models, first.path, config.folders));
  all.insert(all.begin(), NamedFile{"", first.path, model_bytes(first.path)});
  const std::string& small = config.more_models.small_model;
  if (small.empty() || std::ranges::find(all, small, &NamedFile::name) != all.end()) return all;
  std::vector<std::string> names;
  for (size_t i = 1; i < all.size(); ++i) names.push_back(all[i].name);
  return fail(
      Error::Kind::invalid_request,
      fmt::format("small-model: '{}' is none of --models ({})", small,
                  names.empty() ? "there are none" : fmt::format("{}", fmt::join(names, ", "))));
}

// What is set about the first model alone is not meant for another.
EmbeddedOptions options_of(const Config& config, const NamedFile& file, bool first) {
  EmbeddedOptions options = config.embedded;
  std::filesystem::path state = config.folders.state;
  if (!first) {
    options.model_id = model_id_of_name(file.name);
    options.chat_template_path.clear();
    options.context_tokens = 0;
    options.cache_cells = 0;
    options.override_kv.clear();
    // One journal has one writer: what two models remember of their answers lies apart.
    state /= "models/" + options.model_id;
  }
  options.model_path = file.path.string();
  options.identity_folder = (config.folders.cache / "model_hashes").string();
  if (!config.cache.no_disk) options.state_folder = state.string();
  return options;
}

ModelInfo info_of(const EmbeddedOptions& options) {
  ModelInfo info;
  info.id = options.model_id.empty() ? model_id_of_file(options.model_path) : options.model_id;
  if (const auto survey = survey_model(options.model_path)) {
    info.description = survey->title();
  }
  return info;
}

double idle_max_s(const MoreModels& more, size_t models) {
  if (more.idle_max) return static_cast<double>(more.idle_max->count());
  return models > 1 ? static_cast<double>(idle_max_of_several.count()) : 0;
}

}  // namespace

Result<std::vector<std::filesystem::path>> model_files(const Config& config) {
  std::vector<std::filesystem::path> files;
  for (const NamedFile& file : TRY(choose_all(config))) files.push_back(file.path);
  return files;
}

EmbeddedModels::EmbeddedModels(const Config& config, Metrics& metrics)
    : config_(config), metrics_(metrics), pinned_(config_, metrics_) {}

Result<std::unique_ptr<Backend>> EmbeddedModels::open() {
  const auto files = TRY(choose_all(config_));
  if (files.empty()) return std::make_unique<NoBackend>();
  ShelfOptions shelf;
  for (const NamedFile& file : files) {
    EmbeddedOptions options = options_of(config_, file, &file == &files.front());
    ShelvedModel& model = shelf.models.emplace_back();
    model.name = file.name;
    model.info = info_of(options);
    model.bytes = file.bytes;
    model.open = [this, options = std::move(options)](uint64_t others) {
      return load(options, others);
    };
  }
  shelf.small_model = config_.more_models.small_model;
  shelf.idle_max_s = idle_max_s(config_.more_models, files.size());
  shelf.room_bytes = [layers = config_.embedded.gpu_layers](uint64_t loaded) {
    return free_for_weights(layers, loaded);
  };
  open_cache(std::ranges::max(files, {}, &NamedFile::bytes).bytes);
  return std::make_unique<ModelShelf>(std::move(shelf), metrics_);
}

Result<std::unique_ptr<Backend>> EmbeddedModels::load(const EmbeddedOptions& options,
                                                      uint64_t others) {
  EmbeddedOptions beside = options;
  beside.other_models_bytes = others;
  const MutexLock lock(mutex_);
  return EmbeddedBackend::open(std::move(beside), cache_.get(), metrics_);
}

void EmbeddedModels::open_cache(uint64_t model_bytes) {
  const Machine machine = measure_machine(cache_folder(config_), model_bytes);
  CacheOptions options = choose_cache_options(config_, machine);
  const MutexLock lock(mutex_);
  options.kept = pinned_.prompts().list();
  cache_ = KvCache::open(real_files(), std::move(options), metrics_);
  service_.emplace(*cache_, real_files(), metrics_,
                   config_.cache.no_disk ? "" : cache_folder(config_).string(), pinned_.prompts());
}

CacheService* EmbeddedModels::service() {
  const MutexLock lock(mutex_);
  return service_ ? &*service_ : nullptr;
}

}  // namespace anyclaude
