// The key that clients show: the user's own, or a random one made at the first start.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace anyclaude {

struct KeyChoice {
  std::string secret;          // empty with --no-auth
  std::filesystem::path file;  // of a generated key; empty for the user's own
};

std::filesystem::path key_file(const Folders& folders);

// The configured key; else the generated one, which is made if there is none yet (0600, in a folder
// 0700; a file that others could read is closed to them). Two first starts agree on one key.
Result<KeyChoice> choose_key(const Config& config);

// Whether only this machine can reach the address.
bool is_loopback(std::string_view host);

// Error::permission for an address that others can reach when the key is not one that the user has
// set himself, knowing of it, or when there is none at all.
Result<void> check_bind(const Config& config);

}  // namespace anyclaude
