#include "engine/embedded/engine_internals.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <typeinfo>
#include <vector>

#include "ggml-backend.h"
#include "llama-io.h"
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

// One thread alone copies at half the memory's speed or less; more than a few gain nothing.
constexpr size_t copy_threads_max = 4;
constexpr size_t bytes_a_copy_thread = 4u << 20;  // fewer are copied before a thread has started

// Gives libllama a joined section's bytes in the order in which it asks for them. What goes into
// tensors is noted, and copied by `copy_tensors`.
class JoinedReader final : public llama_io_read_i {
 public:
  explicit JoinedReader(const JoinedSection& joined)
      : run_(std::as_bytes(std::span(joined.front))), next_(joined.runs) {}

  void read(void* target, size_t size) override {
    auto* out = static_cast<std::byte*>(target);
    for_each_run(size, [&](std::span<const std::byte> bytes) {
      std::memcpy(out, bytes.data(), bytes.size());
      out += bytes.size();
    });
  }

  void read_tensor(ggml_tensor* tensor, size_t offset, size_t size) override {
    for_each_run(size, [&](std::span<const std::byte> bytes) {
      copies_.push_back({tensor, offset, bytes});
      copied_bytes_ += bytes.size();
      offset += bytes.size();
    });
  }

  size_t n_bytes() override { return bytes_read_; }
  bool at_end() const { return run_.empty() && next_.empty(); }

  void copy_tensors() const {
    const bool host = std::ranges::all_of(copies_, [](const Copy& copy) {
      return copy.tensor->buffer && ggml_backend_buffer_is_host(copy.tensor->buffer);
    });
    const size_t processors = std::max(1u, std::thread::hardware_concurrency());
    const size_t useful = 1 + copied_bytes_ / bytes_a_copy_thread;
    const size_t threads = host ? std::min({useful, processors, copy_threads_max}) : 1;
    std::vector<std::jthread> others;
    others.reserve(threads);
    std::span<const Copy> rest = copies_;
    try {
      for (size_t left = threads; left > 1; --left) {
        const auto share = rest.first(rest.size() / left);
        others.emplace_back([share] { copy_all(share); });
        rest = rest.subspan(share.size());
      }
    } catch (const std::system_error&) {
      // The system has no more threads: what is left is copied here.
    }
    copy_all(rest);
  }

 private:
  struct Copy {
    ggml_tensor* tensor;
    size_t offset;
    std::span<const std::byte> bytes;
  };

  static void copy_all(std::span<const Copy> copies) {
    for (const Copy& copy : copies) {
      ggml_backend_tensor_set(copy.tensor, copy.bytes.data(), copy.offset, copy.bytes.size());
    }
  }

  template <class Use>
  void for_each_run(size_t size, const Use& use) {
    bytes_read_ += size;
    while (size > 0) {
      if (run_.empty()) {
        if (next_.empty()) throw std::runtime_error("the cells end too early");
        run_ = std::as_bytes(next_.front());
        next_ = next_.subspan(1);
      }
      const auto part = run_.first(std::min(size, run_.size()));
      use(part);
      run_ = run_.subspan(part.size());
      size -= part.size();
    }
  }

  std::span<const std::byte> run_;
  std::span<const std::span<const uint8_t>> next_;
  size_t bytes_read_ = 0;
  std::vector<Copy> copies_;
  size_t copied_bytes_ = 0;
};

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

bool put_cells(llama_context* context, int32_t sequence, const JoinedSection& joined,
               CellsOf part) {
  const Parts parts = parts_of(context);
  llama_kv_cache* cells = part == CellsOf::tokens ? parts.tokens : parts.windows;
  if (!cells) return false;
  llama_synchronize(context);
  JoinedReader reader(joined);
  try {
    cells->state_read(reader, sequence, 0);
  } catch (const std::exception& error) {
    spdlog::debug("The cells of a prompt were not put back: {}", error.what());
    return false;
  }
  if (!reader.at_end()) return false;
  reader.copy_tensors();
  return true;
}

Cells::Usage cell_usage(llama_context* context) {
  const llama_kv_cache* tokens = parts_of(context).tokens;
  if (!tokens) return {};
  const llama_kv_cells& cells = tokens->get_cells(0);  // one for all: kv_unified
  return {cells.get_used(), cells.used_max_p1(), cells.size()};
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
