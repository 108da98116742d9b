#include "engine/embedded/engine_internals.h"

#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-memory-hybrid-iswa.h"
#include "llama-memory-hybrid.h"
#include "llama.h"

namespace anyclaude {
namespace {

const llama_kv_cache* attention_cells(llama_memory_i* memory) {
  if (const auto* dense = dynamic_cast<llama_kv_cache*>(memory)) return dense;
  if (const auto* window = dynamic_cast<llama_kv_cache_iswa*>(memory)) return window->get_base();
  if (const auto* hybrid = dynamic_cast<llama_memory_hybrid*>(memory)) {
    return hybrid->get_mem_attn();
  }
  if (const auto* hybrid = dynamic_cast<llama_memory_hybrid_iswa*>(memory)) {
    return hybrid->get_mem_attn()->get_base();
  }
  return nullptr;
}

}  // namespace

uint32_t used_cells_end(llama_context* context) {
  const llama_kv_cache* cells = attention_cells(llama_get_memory(context));
  if (!cells) return 0;
  llama_kv_cache::slot_info stream;
  stream.s0 = stream.s1 = 0;
  stream.strm = {0};
  return cells->get_n_kv(stream);
}

KeptTokens kept_tokens(llama_context* context, int32_t sequence) {
  const llama_kv_cache* cells = attention_cells(llama_get_memory(context));
  if (!cells || cells->seq_pos_max(sequence) < 0) return {};
  return {static_cast<uint32_t>(cells->seq_pos_min(sequence)),
          static_cast<uint32_t>(cells->seq_pos_max(sequence)) + 1};
}

void forget_window_before(llama_context* context, int32_t sequence, uint32_t position) {
  const auto* windows = dynamic_cast<llama_kv_cache_iswa*>(llama_get_memory(context));
  if (windows) windows->get_swa()->seq_rm(sequence, 0, static_cast<llama_pos>(position));
}

}  // namespace anyclaude
