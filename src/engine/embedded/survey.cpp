#include "engine/embedded/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "engine/embedded/compute_libraries.h"
#include "engine/embedded/model.h"
#include "engine/embedded/sizing.h"
#include "ggml-backend.h"
#include "gguf.h"

namespace anyclaude {
namespace {

struct FreeGguf {
  void operator()(gguf_context* file) const { gguf_free(file); }
};
using GgufFile = std::unique_ptr<gguf_context, FreeGguf>;

std::string text_of(const gguf_context* file, const std::string& key) {
  const int64_t id = gguf_find_key(file, key.c_str());
  if (id < 0 || gguf_get_kv_type(file, id) != GGUF_TYPE_STRING) return {};
  return gguf_get_val_str(file, id);
}

uint32_t count_of(const gguf_context* file, const std::string& key) {
  const int64_t id = gguf_find_key(file, key.c_str());
  if (id < 0 || gguf_get_kv_type(file, id) != GGUF_TYPE_UINT32) return 0;
  return gguf_get_val_u32(file, id);
}

}  // namespace

MachineSurvey survey_machine() {
  MachineSurvey machine;
  machine.cores = physical_cores();
  machine.memory_free_bytes = free_memory_bytes();
  install_engine_log();  // which is told what is loaded
  // Without one there is no GPU either; what is missing is said when a model is looked at.
  [[maybe_unused]] const auto loaded = load_compute_libraries();
  for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    const auto type = ggml_backend_dev_type(device);
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) {
      machine.gpus.emplace_back(ggml_backend_dev_description(device));
    }
  }
  return machine;
}

uint64_t free_for_weights(int32_t gpu_layers, uint64_t loaded_bytes) {
  install_engine_log();
  const auto loaded = load_compute_libraries();
  const uint64_t gpus = loaded && gpu_layers != 0 ? free_gpu_bytes() : 0;
  if (gpus > 0) return gpus;
  const uint64_t free = free_memory_bytes();
  return free - std::min(free, loaded_bytes);
}

Result<ModelSurvey> survey_model(const std::string& path) {
  std::error_code error;
  ModelSurvey model;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(Error::Kind::not_found, fmt::format("there is no file {}", path));
  }
  model.bytes = std::filesystem::file_size(path, error);
  const GgufFile file(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}));
  if (!file) {
    return fail(Error::Kind::invalid_request,
                fmt::format("{} is not a GGUF file, or is cut short", path));
  }
  model.name = text_of(file.get(), "general.name");
  model.architecture = text_of(file.get(), "general.architecture");
  model.context_trained = count_of(file.get(), model.architecture + ".context_length");
  model.has_chat_template = gguf_find_key(file.get(), "tokenizer.chat_template") >= 0;
  return model;
}

}  // namespace anyclaude
