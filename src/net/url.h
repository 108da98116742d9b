// Addresses of servers, as users write them down: "http://localhost:8081/v1".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace anyclaude {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address; of IPv6 without its brackets
  uint16_t port = 0;
  std::string path;  // "" or "/v1": no slash at the end

  // "https://host:port/path", for requests. What is written into logs and errors is `origin`.
  std::string text() const;
  // "https://host:port": a path can hold a key.
  std::string origin() const;
  // The host is this machine.
  bool is_local() const;
};

// Error::invalid_request says what is wrong. "localhost:1234" is taken for http. A user name, a
// password, a query and a fragment are refused: they would be sent, or logged, by mistake.
Result<Url> parse_url(std::string_view text);

}  // namespace anyclaude
