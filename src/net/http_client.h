// Blocking HTTP/1.1 client for one server, by which this program talks to itself: the launcher and
// the commands to a running server. Follows no redirects and uses no proxy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/headers.h"

namespace anyclaude {

struct HttpClientOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8484;
  int connect_timeout_ms = 2'000;
  int read_timeout_ms = 10'000;       // of silence
  int write_timeout_ms = 10'000;      // of one write
  size_t body_bytes_max = 16u << 20;  // of an answer
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The first header of that name, any case; empty if there is none.
  std::string header(std::string_view name) const { return find_header(headers, name); }
};

// One request at a time; the connection is kept between them. Any status is an answer.
// Error::upstream when nothing answers there, Error::timeout when it takes too long.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Result<HttpAnswer> get(const std::string& path, const HttpHeaders& headers = {});
  Result<HttpAnswer> post(const std::string& path, const std::string& body,
                          const HttpHeaders& headers = {},
                          const std::string& content_type = "application/json");
  Result<HttpAnswer> put(const std::string& path, const std::string& body,
                         const HttpHeaders& headers = {});
  // Hands the body on as it comes, and gives it whole besides.
  Result<HttpAnswer> post_streamed(const std::string& path, const std::string& body,
                                   const HttpHeaders& headers,
                                   const std::function<void(std::string_view)>& take);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anyclaude
