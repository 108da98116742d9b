#include "models/known_models.h"

#include <algorithm>
#include <array>

namespace anyclaude {
namespace {

constexpr uint64_t megabyte = 1'000'000;

// A row needs a repository that is kept by the model's makers or by people who are known for it,
// weights that may be used for work, and a chat template with tools. The memory is what the file
// takes, what 24k tokens take in f16 beside it, and about a gigabyte for all else.
constexpr std::array<KnownModel, 6> table = {{
    {"granite-4-micro", "ibm-granite/granite-4.0-h-micro-GGUF", "Q4_K_M", 1'940 * megabyte, 4,
     "IBM Granite 4.0 H Micro, 3B: tools, little memory a token"},
    {"qwen3-4b", "unsloth/Qwen3-4B-Instruct-2507-GGUF", "Q4_K_M", 2'500 * megabyte, 8,
     "Qwen3 4B Instruct 2507: the smallest that works through a task"},
    {"gpt-oss-20b", "ggml-org/gpt-oss-20b-GGUF", "MXFP4", 12'110 * megabyte, 16,
     "OpenAI gpt-oss 20B: 3.6B at work, so quick; thinks first"},
    {"devstral-small", "unsloth/Devstral-Small-2507-GGUF", "Q4_K_M", 14'330 * megabyte, 24,
     "Mistral Devstral Small 1.1, 24B: made for coding agents"},
    {"qwen3-coder-30b", "unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF", "Q4_K_M", 18'560 * megabyte,
     32, "Qwen3 Coder 30B: 3B at work, so quick, also without a GPU"},
    {"qwen3-coder-next", "unsloth/Qwen3-Coder-Next-GGUF", "Q4_K_M", 48'500 * megabyte, 64,
     "Qwen3 Coder Next 80B: 3B at work, long conversations in little memory"},
}};

}  // namespace

std::span<const KnownModel> known_models() { return table; }

const KnownModel* find_known_model(std::string_view name) {
  const auto* const found = std::ranges::find(table, name, &KnownModel::name);
  return found == table.end() ? nullptr : found;
}

}  // namespace anyclaude
