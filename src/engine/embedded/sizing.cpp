#include "engine/embedded/sizing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "common.h"
#include "engine/embedded/metadata.h"

namespace anyclaude {
namespace {

constexpr uint32_t cell_padding = 256;  // libllama rounds up to this
constexpr uint32_t context_default_max = 131072;
constexpr uint32_t batch_default = 512;
constexpr uint32_t sequences_default = 16;
constexpr uint32_t sequences_limit = 64;
constexpr uint32_t cells_default_max = 262144;

uint32_t pad(uint64_t cells) {
  return static_cast<uint32_t>((cells + cell_padding - 1) / cell_padding * cell_padding);
}

// Runs one more token through the model in a small context.
bool decode_one(llama_context* context, const llama_model* model) {
  llama_token token = std::max(0, llama_vocab_bos(llama_model_get_vocab(model)));
  return llama_decode(context, llama_batch_get_one(&token, 1)) == 0;
}

struct Costs {
  uint64_t cell_bytes = 0;      // a token in the layers that keep every token
  uint64_t sequence_bytes = 0;  // a window, or a recurrent state
  Memory memory;
};

// What a token adds to the state of a sequence, seen in a context of a few cells: exact for every
// kind of memory, and it warms the weights up.
Result<Costs> measure(llama_model* model, llama_context_params parameters) {
  parameters.n_ctx = cell_padding;
  parameters.n_batch = parameters.n_ubatch = 32;
  parameters.n_seq_max = 1;
  const std::unique_ptr<llama_context, decltype(&llama_free)> context(
      llama_init_from_model(model, parameters), &llama_free);
  const auto size = [&](llama_state_seq_flags flags) {
    return llama_state_seq_get_size_ext(context.get(), 0, flags);
  };
  if (!context || !llama_get_memory(context.get()) || !decode_one(context.get(), model)) {
    return fail(Error::Kind::invalid_request, "the engine cannot run it");
  }
  Costs costs;
  costs.memory = examine_memory(model, context.get());
  const uint64_t whole_1 = size(0);
  const uint64_t partial_1 = size(LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  if (!decode_one(context.get(), model)) {
    return fail(Error::Kind::invalid_request, "the engine cannot run it");
  }
  const uint64_t whole_2 = size(0);
  const uint64_t partial_2 = size(LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  const MemoryKind kind = costs.memory.kind;
  const uint64_t window_growth = kind == MemoryKind::window ? partial_2 - partial_1 : 0;
  costs.cell_bytes = std::max<uint64_t>(1, whole_2 - whole_1 - window_growth);
  if (kind == MemoryKind::window) costs.sequence_bytes = window_growth * costs.memory.window_tokens;
  if (kind == MemoryKind::hybrid || kind == MemoryKind::recurrent) costs.sequence_bytes = partial_2;
  return costs;
}

}  // namespace

uint64_t free_memory_bytes() {
#if defined(__APPLE__)
  uint64_t total = 0;
  size_t size = sizeof(total);
  sysctlbyname("hw.memsize", &total, &size, nullptr, 0);
  return total / 2;  // macOS keeps little memory free, and gives back what is asked for
#else
  std::ifstream file("/proc/meminfo");
  std::string name;
  uint64_t kib = 0;
  for (std::string unit; file >> name >> kib; std::getline(file, unit)) {
    if (name == "MemAvailable:") return kib << 10;
  }
  return 4ull << 30;
#endif
}

uint64_t free_gpu_bytes() {
  uint64_t all = 0;
  for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    if (ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_GPU) continue;
    size_t free = 0;
    size_t total = 0;
    ggml_backend_dev_memory(device, &free, &total);
    all += free;
  }
  return all;
}

uint32_t physical_cores() { return static_cast<uint32_t>(std::max(1, common_cpu_get_num_math())); }

Result<ModelSizes> choose_sizes(const EmbeddedOptions& options, const SizingFacts& facts) {
  ModelSizes sizes;
  sizes.trained = facts.trained;
  sizes.batch = options.batch_tokens > 0 ? options.batch_tokens : batch_default;
  sizes.threads = options.threads > 0 ? options.threads : facts.cores;

  const uint64_t left =
      facts.memory_free_bytes - std::min(facts.memory_free_bytes, facts.model_bytes);
  const uint64_t budget = options.memory_bytes_max > 0 ? options.memory_bytes_max : left / 2;
  sizes.checkpoint_bytes_max = options.checkpoint_bytes_max;
  if (sizes.checkpoint_bytes_max == 0 && facts.memory.needs_points()) {
    sizes.checkpoint_bytes_max = std::min<uint64_t>(budget / 4, 2ull << 30);
  }

  sizes.sequences = options.sequences_max;
  if (sizes.sequences == 0) {
    const uint32_t wanted = facts.memory.kind == MemoryKind::whole ? 4 : sequences_default;
    const uint64_t affordable = budget / 4 / std::max<uint64_t>(1, facts.sequence_bytes);
    sizes.sequences = static_cast<uint32_t>(std::clamp<uint64_t>(affordable, 2, wanted));
  }
  if (sizes.sequences > sequences_limit) {
    return fail(Error::Kind::invalid_request,
                fmt::format("At most {} sequences are possible.", sequences_limit));
  }

  const uint64_t fixed = sizes.sequences * facts.sequence_bytes + sizes.checkpoint_bytes_max;
  const uint64_t affordable_cells =
      (budget - std::min(budget, fixed)) / std::max<uint64_t>(1, facts.cell_bytes);
  if (options.context_tokens > 0) {
    sizes.context = options.context_tokens;
  } else {
    const uint64_t wanted = std::min(facts.trained > 0 ? facts.trained : 4096, context_default_max);
    const uint64_t affordable = affordable_cells / cell_padding * cell_padding;
    sizes.context = static_cast<uint32_t>(std::min(wanted, std::max<uint64_t>(affordable, 2048)));
  }
  if (options.cache_cells > 0) {
    sizes.cells = pad(std::max(options.cache_cells, sizes.context));
  } else if (facts.context_changes_rope) {
    sizes.cells = pad(sizes.context);
  } else {
    const uint64_t wanted = std::min<uint64_t>(4ull * sizes.context, cells_default_max);
    sizes.cells = pad(std::max<uint64_t>(sizes.context, std::min(wanted, affordable_cells)));
  }
  sizes.memory_bytes = sizes.cells * facts.cell_bytes + sizes.sequences * facts.sequence_bytes;
  return sizes;
}

Result<SizingFacts> read_sizing_facts(const EmbeddedOptions& options, llama_model* model,
                                      const llama_context_params& context_parameters) {
  SizingFacts facts;
  facts.trained = static_cast<uint32_t>(std::max(0, llama_model_n_ctx_train(model)));
  facts.cores = physical_cores();
  facts.memory_free_bytes = free_memory_bytes();
  facts.context_changes_rope = picks_rope_by_context(model);
  const uint64_t gpu_free = options.gpu_layers != 0 ? free_gpu_bytes() : 0;
  if (gpu_free > 0) {
    facts.memory_free_bytes = gpu_free;  // the weights are there already
  } else {
    // Mapped: the system still counts them as free.
    facts.model_bytes = llama_model_size(model) + options.other_models_bytes;
  }
  const Costs costs = TRY(measure(model, context_parameters));
  facts.memory = costs.memory;
  facts.cell_bytes = costs.cell_bytes;
  facts.sequence_bytes = costs.sequence_bytes;
  return facts;
}

}  // namespace anyclaude
