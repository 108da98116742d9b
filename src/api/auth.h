// Who may ask: keys, the Host and Origin check against DNS rebinding, and the proof by which a
// launcher knows its own server. Pure functions of one request; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"

namespace anyclaude {

inline constexpr std::string_view owner_name = "owner";  // no other key has this name

// A further key, beside the owner's.
struct ApiKey {
  std::string name;    // shown in logs and lists
  std::string secret;  // what the client sends
  // Keys of one group share what is computed for them; those of the group "owner" also with the
  // owner. Empty: it shares with nobody.
  std::string group;
};

struct AuthOptions {
  std::string owner_secret;  // of the key "owner": the one of launcher and commands
  std::vector<ApiKey> keys;
  bool no_auth = false;  // every request passes as the owner's; for loopback only
  // Names, beside the loopback ones, under which this server may be addressed ("box.lan").
  std::vector<std::string> hosts;
};

// Who asks.
struct Caller {
  std::string key_name;
  std::string sharing;  // Origin::sharing (protocol/chat.h)
  bool owner = false;   // may also see and change what the server has of everybody
};

class Auth {
 public:
  explicit Auth(AuthOptions options);

  // Whose key is in `x-api-key` or `Authorization: Bearer`. Error::authentication without a key or
  // with an unknown one; compares every key in constant time.
  Result<Caller> caller(const HttpRequest& request) const;

  // What callers send as a key is none of ours.
  bool asks_no_key() const { return options_.no_auth; }

  // A web page must not reach this server through a name it controls: the Host header has to be a
  // loopback name or a configured one, and an Origin header has to name just that host and port.
  // Error::permission.
  Result<void> check_host(const HttpRequest& request) const;

 private:
  bool known_host(std::string_view authority) const;

  const AuthOptions options_;
};

// Whether only this machine has the address: "127.0.0.1", "::1".
bool is_loopback_address(std::string_view host);

// Hex of HMAC-SHA256(nonce, challenge): what `GET /health?challenge=...` answers as "proof". Only
// who can read the server's state file can know it.
std::string nonce_proof(std::string_view nonce, std::string_view challenge);

}  // namespace anyclaude
