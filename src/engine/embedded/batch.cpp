#include "engine/embedded/batch.h"

#include <spdlog/spdlog.h>

namespace anyclaude {

Decoded Batch::decode(llama_context* context) {
  const int32_t code = llama_decode(context, batch_);
  if (code == 0) return Decoded::done;
  if (code == 1) return Decoded::no_room;
  spdlog::error("The engine failed with code {} on {} tokens.", code, batch_.n_tokens);
  return Decoded::failed;
}

}  // namespace anyclaude
