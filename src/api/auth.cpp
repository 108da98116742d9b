#include "api/auth.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace anyclaude {
namespace {

using Digest = std::array<uint8_t, 32>;

Digest hmac_sha256(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned int size = digest.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return digest;
}

// Of digests, so that neither the contents nor the lengths show in the time it takes.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  const Digest digest_a = hmac_sha256("compare", a);
  const Digest digest_b = hmac_sha256("compare", b);
  return CRYPTO_memcmp(digest_a.data(), digest_b.data(), digest_a.size()) == 0;
}

std::string bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  std::string value = request.header("authorization");
  if (!equal_any_case(std::string_view(value).substr(0, scheme.size()), scheme)) return "";
  return value.substr(scheme.size());
}

// "[::1]:8484" -> "::1", "localhost:8484" -> "localhost".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

// The owner's is empty, so that what was computed for him stays of use when others get keys.
std::string sharing_of(const ApiKey& key) {
  if (key.group.empty()) return "key " + key.name;
  return key.group == owner_name ? "" : "group " + key.group;
}

}  // namespace

bool is_loopback_address(std::string_view host) {
  if (host == "::1") return true;
  // A name such as 127.evil.example is none.
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Auth::Auth(AuthOptions options) : options_(std::move(options)) {}

Result<Caller> Auth::caller(const HttpRequest& request) const {
  if (options_.no_auth) return Caller{.key_name = "anonymous", .owner = true};
  const std::string key = request.header("x-api-key");
  const std::string token = bearer_token(request);
  const auto sent = [&](const std::string& secret) {
    if (secret.empty()) return false;
    const bool by_key = equal_in_constant_time(key, secret);
    const bool by_token = equal_in_constant_time(token, secret);
    return by_key || by_token;
  };
  const bool owner = sent(options_.owner_secret);
  const ApiKey* found = nullptr;
  for (const ApiKey& known : options_.keys) {
    if (sent(known.secret)) found = &known;
  }
  if (owner) return Caller{.key_name = std::string(owner_name), .owner = true};
  if (found != nullptr) return Caller{.key_name = found->name, .sharing = sharing_of(*found)};
  if (key.empty() && token.empty()) {
    return fail(Error::Kind::authentication,
                "A key is needed, as x-api-key or as Authorization: Bearer.");
  }
  return fail(Error::Kind::authentication, "The key is not one of this server's.");
}

bool Auth::known_host(std::string_view authority) const {
  const std::string_view host = host_of(authority);
  if (equal_any_case(host, "localhost") || is_loopback_address(host)) return true;
  return std::any_of(options_.hosts.begin(), options_.hosts.end(),
                     [&](const std::string& known) { return equal_any_case(host, known); });
}

Result<void> Auth::check_host(const HttpRequest& request) const {
  const std::string host = request.header("host");
  // No browser leaves it out.
  if (!host.empty() && !known_host(host)) {
    return fail(Error::Kind::permission,
                fmt::format("This server is not known as {}; add the name to its hosts.", host));
  }
  const std::string origin = request.header("origin");
  if (origin.empty()) return {};
  const size_t scheme_end = origin.find("://");
  if (scheme_end == std::string::npos ||
      !equal_any_case(std::string_view(origin).substr(scheme_end + 3), host)) {
    return fail(Error::Kind::permission, "Web pages of other origins may not use this server.");
  }
  return {};
}

std::string nonce_proof(std::string_view nonce, std::string_view challenge) {
  std::string hex;
  for (const uint8_t byte : hmac_sha256(nonce, challenge)) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace anyclaude
