#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

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

std::optional<Sha256::Digest> Sha256::digest() {
  Digest out{};
  impl_->ok = impl_->ok && EVP_DigestFinal_ex(impl_->context.get(), out.data(), nullptr) == 1;
  return impl_->ok ? std::optional(out) : std::nullopt;
}

std::string Sha256::hex() {
  std::string text;
  for (const uint8_t byte : digest().value_or(Digest{})) text += fmt::format("{:02x}", byte);
  return impl_->ok ? text : "";
}

}  // namespace anyclaude
