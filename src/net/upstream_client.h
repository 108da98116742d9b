// HTTP client for other people's servers: TLS, proxies of the environment, an answer that is read
// as it comes, and a wait that the caller cuts into pieces, so that one thread serves both sides.
// Follows no redirects: a key must not go to a host that the user has not named.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/headers.h"
#include "net/url.h"

namespace anyclaude {

struct UpstreamClientOptions {
  Url url;              // what paths are added to
  HttpHeaders headers;  // of every request: the key
  std::chrono::milliseconds connect_timeout{5'000};
  // Local servers send nothing at all while they read a long prompt.
  std::chrono::milliseconds first_byte_timeout{1'800'000};
  std::chrono::milliseconds idle_timeout{300'000};  // between two pieces of an answer
  size_t connections_kept_max = 64;                 // idle ones
  size_t asked_bytes_max = 16u << 20;               // of an answer to `ask`
};

// Where on a server: under the URL's own path, or at the root of its host.
struct UpstreamPath {
  enum class Under { url, host };
  std::string_view path;  // begins with a slash
  Under under = Under::url;
};

// One request and its answer. For one thread; destroying it before the end cuts the connection,
// by which the other side learns that nobody waits any more.
class UpstreamExchange {
 public:
  virtual ~UpstreamExchange() = default;

  struct Progress {
    bool head = false;   // status and headers are there
    bool ended = false;  // and so is the whole body
    std::string bytes;   // of the body, since the last call
  };
  // Returns as soon as something new has come, after `wait` at the latest. Error::upstream when
  // nobody answers there or the answer breaks off, Error::timeout when the time for it is over. The
  // message names the server by its origin, and never a key.
  virtual Result<Progress> wait_for(std::chrono::milliseconds wait) = 0;

  // Once the head is there.
  virtual int status() const = 0;
  virtual std::string header(std::string_view name) const = 0;

  // Something of the answer has come, so asking again could do the work twice.
  virtual bool begun() const = 0;
};

// Thread-safe. Connections are kept and used again.
class UpstreamClient {
 public:
  explicit UpstreamClient(UpstreamClientOptions options);
  ~UpstreamClient();  // all exchanges are destroyed already
  UpstreamClient(const UpstreamClient&) = delete;
  UpstreamClient& operator=(const UpstreamClient&) = delete;

  // Sends; the answer comes by `wait_for`. With an empty body it is a GET, else a POST of JSON.
  // `headers`: of this request alone.
  std::unique_ptr<UpstreamExchange> send(UpstreamPath path, std::string body,
                                         const HttpHeaders& headers = {});

  struct Answer {
    int status = 0;
    std::string body;
  };
  // A short request to its end. Error::too_large for a body over the limit; Error::cancelled when
  // `go_on`, asked some times a second, says no.
  Result<Answer> ask(UpstreamPath path, std::string body, std::chrono::milliseconds timeout,
                     const std::function<bool()>& go_on = {});

  const Url& url() const;

 private:
  class Exchange;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
