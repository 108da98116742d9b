#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace anyclaude {

struct Sha256::Impl {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free};
  bool ok = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::span<const uint8_t> bytes) {
  impl_->ok = impl_->ok && EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1;
}

std::string Sha256::hex() {
  std::array<uint8_t, 32> digest{};
  impl_->ok = impl_->ok && EVP_DigestFinal_ex(impl_->context.get(), digest.data(), nullptr) == 1;
  std::string text;
  if (!impl_->ok) return text;
  for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace anyclaude
