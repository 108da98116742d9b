// What can be set about the embedded engine. Zero or empty means: chosen by the engine from the
// model, the machine and the memory budget. Includes nothing of the engine, so that the
// configuration can be read without it.
#pragma once

#include <cstdint>
#include <string>

namespace anyclaude {

struct EmbeddedOptions {
  std::string model_path;               // a GGUF; split models: the first file
  std::string model_id;                 // the name in the API; empty: "local-" and the file's stem
  std::string chat_template_path;       // a Jinja file instead of the model's own template
  std::string prompt_layout = "cache";  // or "template" (prompt/prompt_writer.h)

  uint32_t context_tokens = 0;  // the longest prompt and answer together
  uint32_t cache_cells = 0;     // KV cells over all sequences, >= context_tokens
  uint32_t sequences_max = 0;   // conversations kept in the cells at the same time
  uint32_t batch_tokens = 0;    // the prefill chunk: logical = physical batch
  uint32_t threads = 0;         // decoding and prefill
  int32_t gpu_layers = -1;      // < 0: as many as fit
  std::string kv_type_k;        // "f16", "q8_0", ...
  std::string kv_type_v;
  std::string flash_attention;        // "on", "off"; empty: the engine decides
  uint64_t memory_bytes_max = 0;      // for cells and checkpoints; 0: half of what is free
  uint64_t checkpoint_bytes_max = 0;  // of these, for window checkpoints in RAM
  uint64_t other_models_bytes = 0;    // of weights that are loaded beside this model
  std::string identity_folder;        // where hashes of model files are remembered; empty: nowhere
  uint64_t token_memory_bytes_max = 64ull << 20;  // texts whose tokens are remembered
  std::string state_folder;  // for answers as sampled, and tool sets; empty: in RAM alone

  uint32_t output_tokens_max = 0;  // clamp of max_tokens; 0: what the context leaves
  uint32_t requests_max = 256;     // accepted and not finished; more is refused
  uint32_t seed = 0xFFFFFFFFu;     // of the sampler; the default is random

  // The metadata key:type:value overrides of a GGUF, comma-separated, e.g.
  // "llama.context_length=int:49152". For tests and benches.
  std::string override_kv;

  // Leaves out the check of copied prefixes, for the test that shows what it prevents.
  bool trust_copies_for_test = false;
};

}  // namespace anyclaude
