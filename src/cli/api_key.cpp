#include "cli/api_key.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/file.h"
#include "base/random.h"

namespace anyclaude {
namespace {

constexpr size_t key_bytes = 32;
constexpr size_t file_bytes_max = 1024;

Result<std::string> read_key(const std::filesystem::path& path) {
  std::string key = TRY(read_file(path, file_bytes_max));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.empty() || key.find_first_of(" \t\r\n") != std::string::npos) {
    return fail(Error::Kind::io,
                fmt::format("{} does not hold a key; remove it, and the next start makes a new one",
                            path.string()));
  }
  return key;
}

}  // namespace

std::filesystem::path key_file(const Folders& folders) { return folders.config / "key"; }

Result<KeyChoice> choose_key(const Config& config) {
  if (config.api.auth.no_auth) return KeyChoice{};
  if (!config.api.auth.owner_secret.empty()) return KeyChoice{config.api.auth.owner_secret, {}};
  const auto path = key_file(config.folders);
  TRY_VOID(make_private_folder(config.folders.config));
  TRY_VOID(make_private_folder(config.folders.runtime));
  const FileLock lock = TRY(FileLock::take(config.folders.runtime / "key.lock"));
  auto key = read_key(path);
  if (!key && key.error().kind == Error::Kind::not_found) {
    const std::string made = random_hex(key_bytes);
    TRY_VOID(write_file(path, made + "\n"));
    return KeyChoice{made, path};
  }
  if (!key) return std::unexpected(key.error());
  std::error_code ignored;  // without the right to change it, it is not ours to judge
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  return KeyChoice{std::move(*key), path};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr four = {};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six = {};
  return ::inet_pton(AF_INET6, text.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<void> check_bind(const Config& config) {
  if (is_loopback(config.http.host)) return {};
  if (config.api.auth.no_auth) {
    return fail(Error::Kind::permission,
                fmt::format("--no-auth is for this machine alone, and {} can be reached from "
                            "others: set a key with ANYCLAUDE_API_KEY instead",
                            config.http.host));
  }
  if (config.api.auth.owner_secret.empty() && config.api.auth.keys.empty()) {
    return fail(Error::Kind::permission,
                fmt::format("{} can be reached from other machines: set a key of your own first, "
                            "with ANYCLAUDE_API_KEY or api_key in config.toml",
                            config.http.host));
  }
  return {};
}

}  // namespace anyclaude
