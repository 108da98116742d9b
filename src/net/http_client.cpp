#include "net/http_client.h"

#include <cpp-httplib/httplib.h>
#include <fmt/format.h>

#include <utility>

namespace anyclaude {
namespace {

httplib::Headers to_library(const HttpHeaders& headers) { return {headers.begin(), headers.end()}; }

}  // namespace

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions given)
      : options(std::move(given)), client(options.host, options.port) {
    client.set_connection_timeout(std::chrono::milliseconds(options.connect_timeout_ms));
    client.set_read_timeout(std::chrono::milliseconds(options.read_timeout_ms));
    client.set_write_timeout(std::chrono::milliseconds(options.write_timeout_ms));
    client.set_payload_max_length(options.body_bytes_max);
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    client.set_follow_location(false);
    client.set_path_encode(false);  // paths come encoded
  }

  Result<HttpAnswer> answer(httplib::Result result) const {
    const std::string where = fmt::format("{}:{}", options.host, options.port);
    if (!result) {
      switch (result.error()) {
        case httplib::Error::Timeout:
        case httplib::Error::ConnectionTimeout:
        case httplib::Error::Read:
          return fail(Error::Kind::timeout,
                      fmt::format("The server at {} did not answer in time.", where));
        case httplib::Error::ExceedMaxPayloadSize:
          return fail(Error::Kind::too_large,
                      fmt::format("The answer of the server at {} is too large.", where));
        default:
          return fail(Error::Kind::upstream,
                      fmt::format("The server at {} cannot be reached ({}).", where,
                                  httplib::to_string(result.error())));
      }
    }
    HttpAnswer answer;
    answer.status = result->status;
    answer.headers.assign(result->headers.begin(), result->headers.end());
    answer.body = std::move(result->body);
    return answer;
  }

  const HttpClientOptions options;
  httplib::Client client;
};

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::get(const std::string& path, const HttpHeaders& headers) {
  return impl_->answer(impl_->client.Get(path, to_library(headers)));
}

Result<HttpAnswer> HttpClient::post(const std::string& path, const std::string& body,
                                    const HttpHeaders& headers, const std::string& content_type) {
  return impl_->answer(impl_->client.Post(path, to_library(headers), body, content_type));
}

Result<HttpAnswer> HttpClient::put(const std::string& path, const std::string& body,
                                   const HttpHeaders& headers) {
  return impl_->answer(impl_->client.Put(path, to_library(headers), body, "application/json"));
}

Result<HttpAnswer> HttpClient::post_streamed(const std::string& path, const std::string& body,
                                             const HttpHeaders& headers,
                                             const std::function<void(std::string_view)>& take) {
  std::string received;
  const auto receive = [&](const char* bytes, size_t count) {
    take({bytes, count});
    received.append(bytes, count);
    return received.size() <= impl_->options.body_bytes_max;
  };
  HttpAnswer answer = TRY(impl_->answer(
      impl_->client.Post(path, to_library(headers), body, "application/json", receive)));
  answer.body = std::move(received);
  return answer;
}

}  // namespace anyclaude
