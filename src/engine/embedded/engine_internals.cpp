#include "engine/embedded/engine_internals.h"

#include <typeinfo>

#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-memory-hybrid-iswa.h"
#include "llama-memory-hybrid.h"
#include "llama-memory-recurrent.h"
#include "llama.h"

namespace anyclaude {
namespace {

// Of a memory that has several; null: it has no such.
struct Parts {
  llama_kv_cache* tokens = nullptr;  // of all of them
  llama_kv_cache* windows = nullptr;
  llama_memory_recurrent* recurrent = nullptr;
};

Parts parts_of(llama_context* context) {
  llama_memory_i* memory = llama_get_memory(context);
  if (auto* dense = dynamic_cast<llama_kv_cache*>(memory)) return {dense, nullptr, nullptr};
  if (const auto* windowed = dynamic_cast<llama_kv_cache_iswa*>(memory)) {
    return {windowed->get_base(), windowed->get_swa(), nullptr};
  }
  if (const auto* hybrid = dynamic_cast<llama_memory_hybrid*>(memory)) {
    return {hybrid->get_mem_attn(), nullptr, hybrid->get_mem_recr()};
  }
  if (const auto* both = dynamic_cast<llama_memory_hybrid_iswa*>(memory)) {
    llama_kv_cache_iswa* attention = both->get_mem_attn();
    return {attention->get_base(), attention->get_swa(), both->get_mem_recr()};
  }
  return {};
}

}  // namespace

MemoryKind memory_kind_of(llama_context* context) {
  const llama_memory_i* memory = llama_get_memory(context);
  if (!memory) return MemoryKind::whole;
  // Exactly these: what derives from them keeps more.
  const std::type_info& type = typeid(*memory);
  if (type == typeid(llama_kv_cache)) return MemoryKind::dense;
  if (type == typeid(llama_kv_cache_iswa)) return MemoryKind::window;
  if (type == typeid(llama_memory_hybrid)) return MemoryKind::hybrid;
  if (type == typeid(llama_memory_hybrid_iswa)) return MemoryKind::hybrid;
  if (type == typeid(llama_memory_recurrent)) return MemoryKind::recurrent;
  return MemoryKind::whole;
}

void forget_window_before(llama_context* context, int32_t sequence, uint32_t position) {
  llama_kv_cache* windows = parts_of(context).windows;
  if (windows) windows->seq_rm(sequence, 0, static_cast<llama_pos>(position));
}

void forget_points(llama_context* context, int32_t sequence) {
  const Parts parts = parts_of(context);
  if (parts.windows) parts.windows->seq_rm(sequence, -1, -1);
  if (parts.recurrent) parts.recurrent->seq_rm(sequence, -1, -1);
}

Cells::Usage cell_usage(llama_context* context) {
  const llama_kv_cache* tokens = parts_of(context).tokens;
  if (!tokens) return {};
  const llama_kv_cells& cells = tokens->get_cells(0);  // one for all: kv_unified
  return {cells.get_used(), cells.used_max_p1()};
}

uint32_t cells_end_of(llama_context* context, int32_t sequence) {
  const llama_kv_cache* tokens = parts_of(context).tokens;
  if (!tokens) return 0;
  const llama_kv_cells& cells = tokens->get_cells(sequence);
  uint32_t end = cells.used_max_p1();
  while (end > 0 && !cells.seq_has(end - 1, sequence)) --end;
  return end;
}

}  // namespace anyclaude
