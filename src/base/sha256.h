// SHA-256 of bytes as they come (OpenSSL's).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace anyclaude {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::span<const uint8_t> bytes);
  // Of all that was added; nothing may be added after it, and it is asked for once. Nothing where
  // OpenSSL fails.
  using Digest = std::array<uint8_t, 32>;
  std::optional<Digest> digest();
  // The same as 64 digits in lower case; empty, and so equal to no hash, where OpenSSL fails.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
