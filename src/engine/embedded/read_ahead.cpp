#include "engine/embedded/read_ahead.h"

#include <algorithm>

namespace anyclaude {
namespace {

// Between two looks into the cache: about a millisecond of tokenising.
constexpr size_t step_tokens = 1024;

// What is read stays in RAM until the engine asks for it, or the reading was for nothing.
uint64_t half_of_the_ram(const KvCache* cache) {
  return cache ? cache->stats().ram.bytes_max / 2 : 0;
}

}  // namespace

ReadAhead::ReadAhead(KvCache* cache, const Fingerprint& fingerprint)
    : cache_(cache), fingerprint_(fingerprint), bytes_max_(half_of_the_ram(cache)) {}

void ReadAhead::begun(std::span<const Token> tokens) {
  if (!cache_ || tokens.size() < looked_at_ + step_tokens) return;
  looked_at_ = tokens.size();
  const KvCache::Found found = cache_->find(fingerprint_, tokens, false);
  if (found.ranges_end <= std::max(asked_to_, found.ranges_end_in_ram)) return;
  if (found.bytes_on_disk > bytes_max_) return;
  loads_.push_back(cache_->load(found.prefix, asked_to_, found.ranges_end, 0, {}));
  asked_to_ = found.ranges_end;
}

}  // namespace anyclaude
