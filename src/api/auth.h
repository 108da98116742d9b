// Who may ask: keys, the Host and Origin check against DNS rebinding, and the proof by which a
// launcher knows its own server. Pure functions of one request; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"

namespace anyclaude {

struct ApiKey {
  std::string name;    // the unit of isolation; shown in metrics and logs
  std::string secret;  // what the client sends
};

struct AuthOptions {
  std::vector<ApiKey> keys;
  bool no_auth = false;  // every request passes as the key "anonymous"; for loopback only
  // Names, beside the loopback ones, under which this server may be addressed ("box.lan").
  std::vector<std::string> hosts;
};

class Auth {
 public:
  explicit Auth(AuthOptions options);

  // The name of the key in `x-api-key` or `Authorization: Bearer`. Error::authentication without a
  // key or with an unknown one; compares every key in constant time.
  Result<std::string> key_name(const HttpRequest& request) const;

  // A web page must not reach this server through a name it controls: the Host header has to be a
  // loopback name or a configured one, and an Origin header has to name just that host and port.
  // Error::permission.
  Result<void> check_host(const HttpRequest& request) const;

 private:
  bool known_host(std::string_view authority) const;

  const AuthOptions options_;
};

// Hex of HMAC-SHA256(nonce, challenge): what `GET /health?challenge=...` answers as "proof". Only
// who can read the server's state file can know it.
std::string nonce_proof(std::string_view nonce, std::string_view challenge);

}  // namespace anyclaude
