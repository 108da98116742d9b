// SHA-256 of bytes as they come (OpenSSL's).
#pragma once

#include <cstdint>
#include <memory>
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
  // Of all that was added, 64 digits in lower case; nothing may be added after it. Empty, and so
  // equal to no hash, where OpenSSL fails.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
