#include "engine/embedded/read_ahead.h"

#include <algorithm>

namespace anyclaude {
namespace {

// Between two looks into the cache: about two milliseconds of tokenising.
constexpr size_t step_tokens = 1024;

}  // namespace

void ReadAhead::begun(std::span<const Token> tokens, size_t fresh) {
  if (!cache_) return;
  if (!asked_to_) looked_at_ = asked_to_.emplace(tokens.size() - fresh);
  if (tokens.size() < looked_at_ + step_tokens) return;
  looked_at_ = tokens.size();
  const KvCache::Found found = cache_->find(fingerprint_, tokens, false);
  if (found.ranges_end <= std::max(*asked_to_, found.ranges_end_in_ram)) return;
  // What is read stays in RAM until the engine asks for it, or the reading was for nothing.
  if (found.bytes_on_disk > cache_->stats().ram.bytes_max / 2) return;
  loads_.push_back(cache_->load(found.prefix, *asked_to_, found.ranges_end, 0, {}));
  asked_to_ = found.ranges_end;
}

}  // namespace anyclaude
