#include "kv/block.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>

#include "base/bytes.h"

namespace anyclaude {

Hash128 hash128(std::span<const uint8_t> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string to_hex(const Hash128& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::optional<Hash128> parse_hash(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  std::array<uint64_t, 2> halves = {0, 0};
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = std::string_view("0123456789abcdef").find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    halves[i / 16] = halves[i / 16] << 4 | digit;
  }
  return Hash128{.high = halves[0], .low = halves[1]};
}

Fingerprint salted(const Fingerprint& fingerprint, std::string_view salt) {
  if (salt.empty()) return fingerprint;
  return hash128(bytes_of(fmt::format("{}\nsalt {}", to_hex(fingerprint), salt)));
}

PieceKey piece_key(PieceKind kind, const Fingerprint& fingerprint, uint32_t begin,
                   std::span<const Token> prefix) {
  const std::array<uint64_t, 4> front = {fingerprint.high, fingerprint.low,
                                         static_cast<uint64_t>(kind), begin};
  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  XXH3_128bits_reset(state.get());
  XXH3_128bits_update(state.get(), front.data(), sizeof front);
  XXH3_128bits_update(state.get(), prefix.data(), prefix.size_bytes());
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return {hash.high64, hash.low64};
}

}  // namespace anyclaude
