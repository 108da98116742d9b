#include "engine/embedded/model.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <string_view>

#include "base/sync.h"
#include "common.h"
#include "engine/embedded/compute_libraries.h"
#include "engine/embedded/sizing.h"
#include "fit.h"
#include "llama.h"
#include "log.h"

namespace anyclaude {
namespace {

// The newest error lines of the engine. A free function because libllama's log callback is one for
// the whole process.
class RecentErrors {
 public:
  void add(std::string_view line) {
    const MutexLock lock(mutex_);
    text_ += line;
    if (text_.size() > 600) text_.erase(0, text_.size() - 600);
  }
  std::string take() {
    const MutexLock lock(mutex_);
    std::string out;
    out.swap(text_);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
  }

 private:
  Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

RecentErrors& recent_errors() {
  static RecentErrors errors;
  return errors;
}

void log_line(ggml_log_level level, const char* text, void*) {
  std::string_view line(text);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.empty()) return;
  if (level == GGML_LOG_LEVEL_ERROR) {
    recent_errors().add(text);
    spdlog::warn("engine: {}", line);
  } else {
    spdlog::debug("engine: {}", line);
  }
}

Result<void> check_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Error::Kind::not_found,
                fmt::format("The model file {} cannot be opened: {}.", path, strerror(errno)));
  }
  std::array<char, 4> magic{};
  if (!file.read(magic.data(), magic.size()) || std::string_view(magic.data(), 4) != "GGUF") {
    return fail(Error::Kind::invalid_request,
                fmt::format("{} is not a GGUF file. Models of other formats (safetensors, MLX) "
                            "must be converted first.",
                            path));
  }
  return {};
}

Result<ggml_type> kv_type(const std::string& name) {
  if (name.empty()) return GGML_TYPE_F16;
  for (const ggml_type type :
       {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q5_1,
        GGML_TYPE_Q5_0, GGML_TYPE_Q4_1, GGML_TYPE_Q4_0, GGML_TYPE_IQ4_NL}) {
    if (name == ggml_type_name(type)) return type;
  }
  return fail(Error::Kind::invalid_request,
              fmt::format("Unknown KV cache type '{}'; known are f32, f16, bf16, q8_0, q5_1, q5_0, "
                          "q4_1, q4_0, iq4_nl.",
                          name));
}

Result<std::vector<llama_model_kv_override>> parse_overrides(const std::string& text) {
  std::vector<llama_model_kv_override> out;
  for (const auto& entry : string_split<std::string>(text, ',')) {
    if (entry.empty()) continue;
    if (!string_parse_kv_override(entry.c_str(), out)) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("'{}' is not of the form key=type:value.", entry));
    }
  }
  if (!out.empty()) out.push_back({});  // ends the list
  return out;
}

Result<llama_context_params> context_parameters(const EmbeddedOptions& options) {
  llama_context_params parameters = llama_context_default_params();
  parameters.kv_unified = true;  // sequences share cells; a ranged copy needs it
  parameters.swa_full = false;   // window layers keep their window only: a third of the memory
  parameters.no_perf = true;
  parameters.type_k = TRY(kv_type(options.kv_type_k));
  parameters.type_v = TRY(kv_type(options.kv_type_v));
  if (options.flash_attention == "on") {
    parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  } else if (options.flash_attention == "off") {
    parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  } else if (!options.flash_attention.empty() && options.flash_attention != "auto") {
    return fail(Error::Kind::invalid_request, "flash attention must be on, off or auto.");
  }
  const uint32_t batch = options.batch_tokens > 0 ? options.batch_tokens : 512;
  parameters.n_batch = batch;
  parameters.n_ubatch = batch;
  return parameters;
}

Error load_error(const std::string& path) {
  const std::string why = recent_errors().take();
  return {Error::Kind::invalid_request,
          fmt::format("The model {} cannot be loaded: {}", path,
                      why.empty() ? "the file is damaged or not supported" : why)};
}

}  // namespace

void install_engine_log() {
  llama_log_set(log_line, nullptr);
  common_log_set_verbosity_thold(-1);  // llama-common prints through a logger of its own
}

std::string Model::description() const {
  std::array<char, 128> text{};
  llama_model_desc(model_, text.data(), text.size());
  return text.data();
}

Model::~Model() {
  if (context_) llama_free(context_);
  if (model_) llama_model_free(model_);
}

Result<std::unique_ptr<Model>> Model::load(const EmbeddedOptions& options,
                                           const std::function<bool(float)>& progress) {
  TRY_VOID(check_file(options.model_path));
  install_engine_log();
  TRY_VOID(load_compute_libraries());
  recent_errors().take();
  llama_context_params context_params = TRY(context_parameters(options));
  std::vector<llama_model_kv_override> overrides = TRY(parse_overrides(options.override_kv));

  llama_model_params model_params = llama_model_default_params();
  if (options.gpu_layers >= 0) model_params.n_gpu_layers = options.gpu_layers;
  if (!overrides.empty()) model_params.kv_overrides = overrides.data();
  model_params.progress_callback = [](float value, void* user) {
    return (*static_cast<const std::function<bool(float)>*>(user))(value);
  };
  model_params.progress_callback_user_data = const_cast<void*>(static_cast<const void*>(&progress));

  // Layers that do not fit the GPUs stay in RAM: llama-common knows how many.
  std::vector<float> split(llama_max_devices());
  std::vector<llama_model_tensor_buft_override> buffers(llama_max_tensor_buft_overrides());
  std::vector<size_t> margins(llama_max_devices(), 1ull << 30);
  if (llama_supports_gpu_offload() && options.gpu_layers < 0) {
    context_params.n_ctx = options.context_tokens;
    common_fit_params(options.model_path.c_str(), &model_params, &context_params, split.data(),
                      buffers.data(), margins.data(), 16384, nullptr, GGML_LOG_LEVEL_ERROR);
  }

  std::unique_ptr<Model> out(new Model());
  try {
    out->model_ = llama_model_load_from_file(options.model_path.c_str(), model_params);
    if (!out->model_) return std::unexpected(load_error(options.model_path));
    if (!llama_model_has_decoder(out->model_)) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("{} makes no text (it is an encoder).", options.model_path));
    }
    auto facts = read_sizing_facts(options, out->model_, context_params);
    if (!facts) return std::unexpected(load_error(options.model_path));
    out->memory_ = facts->memory;
    out->sizes_ = TRY(choose_sizes(options, *facts));
    context_params.n_ctx = out->sizes_.cells;
    context_params.n_seq_max = out->sizes_.sequences + 1;  // one for moving state (Cells)
    context_params.n_threads = static_cast<int32_t>(out->sizes_.threads);
    context_params.n_threads_batch = context_params.n_threads;
    out->context_ = llama_init_from_model(out->model_, context_params);
  } catch (const std::exception& error) {
    return fail(Error::Kind::invalid_request,
                fmt::format("The model {} cannot be loaded: {}", options.model_path, error.what()));
  }
  if (!out->context_) return std::unexpected(load_error(options.model_path));
  return out;
}

}  // namespace anyclaude
