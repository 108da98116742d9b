#include "engine/embedded/engine_internals.h"

#include "llama-kv-cache-iswa.h"
#include "llama.h"

namespace anyclaude {

void forget_window_before(llama_context* context, int32_t sequence, uint32_t position) {
  const auto* windows = dynamic_cast<llama_kv_cache_iswa*>(llama_get_memory(context));
  if (windows) windows->get_swa()->seq_rm(sequence, 0, static_cast<llama_pos>(position));
}

}  // namespace anyclaude
