#include "cli/running_server.h"

#include <fmt/format.h>

#include "api/auth.h"
#include "base/random.h"

namespace anyclaude {
namespace {

// Its own health is answered at once, also under load; only a stopped process lets us wait.
constexpr int answer_timeout_ms = 5'000;
constexpr int work_timeout_ms = 3'600'000;

HttpHeaders headers_with(const std::string& key) {
  HttpHeaders headers = {{"anthropic-version", "2023-06-01"}};  // models in that API's form
  if (!key.empty()) headers.emplace_back("x-api-key", key);
  return headers;
}

Error::Kind kind_of(int status) {
  switch (status) {
    case 400:
      return Error::Kind::invalid_request;
    case 403:
      return Error::Kind::permission;
    case 404:
      return Error::Kind::not_found;
    default:
      return Error::Kind::upstream;
  }
}

Result<std::string> body_of(HttpAnswer answer, const std::string& path) {
  if (answer.status == 401) {
    return fail(Error::Kind::authentication,
                "the running server takes another key than this one: set ANYCLAUDE_API_KEY to the "
                "key it was started with, or end it with `anyclaude stop`");
  }
  if (answer.status == 200) return std::move(answer.body);
  const std::string message = decode_error_message(answer.body);
  return fail(
      kind_of(answer.status),
      message.empty() ? fmt::format("the server answered {} to {}", answer.status, path) : message);
}

bool proves_itself(HttpClient& client, const std::string& nonce) {
  const std::string challenge = random_hex(16);
  const auto answer = client.get("/health?challenge=" + challenge);
  if (!answer) return false;
  const auto health = decode_health(answer->body);
  return health && health->proof == nonce_proof(nonce, challenge);
}

}  // namespace

std::optional<RunningServer> RunningServer::find(const Folders& folders, uint16_t port) {
  for (ServerState& state : read_states(folders.runtime, port)) {
    HttpClientOptions options;
    options.host = local_address(state.host);
    options.port = state.port;
    options.read_timeout_ms = answer_timeout_ms;
    auto client = std::make_unique<HttpClient>(options);
    if (proves_itself(*client, state.nonce)) {
      return RunningServer(std::move(state), std::move(client));
    }
  }
  return std::nullopt;
}

std::string RunningServer::base_url() const {
  return "http://" + authority(local_address(state_.host), state_.port);
}

Result<HealthReport> RunningServer::health() {
  const HttpAnswer answer = TRY(client_->get("/health"));
  return decode_health(answer.body);
}

Result<std::vector<ModelReport>> RunningServer::models(const std::string& key) {
  return decode_models(TRY(get("/v1/models", key)));
}

Result<std::vector<RunningReport>> RunningServer::requests(const std::string& key) {
  const std::string body = TRY(get("/api/requests", key));
  return TRY(decode_running_list(body)).requests;
}

Result<std::string> RunningServer::metrics(const std::string& key) { return get("/metrics", key); }

Result<std::string> RunningServer::get(const std::string& path, const std::string& key) {
  return body_of(TRY(client_->get(path, headers_with(key))), path);
}

Result<std::string> RunningServer::put(const std::string& path, const std::string& body,
                                       const std::string& key) {
  return body_of(TRY(client_->put(path, body, headers_with(key))), path);
}

Result<std::string> RunningServer::post(const std::string& path, const std::string& body,
                                        const std::string& key,
                                        const std::function<void(std::string_view)>& take) {
  HttpClientOptions options;
  options.host = local_address(state_.host);
  options.port = state_.port;
  options.read_timeout_ms = work_timeout_ms;
  HttpClient client(options);
  return body_of(TRY(client.post_streamed(path, body, headers_with(key), take)), path);
}

Result<void> RunningServer::post_for_lines(const std::string& path, const std::string& body,
                                           const std::string& key,
                                           const std::function<void(const std::string&)>& take) {
  std::string line;
  TRY(post(path, body, key, [&](std::string_view text) {
    for (const char c : text) {
      if (c != '\n') {
        line += c;
        continue;
      }
      take(line);
      line.clear();
    }
  }));
  return {};
}

std::string local_address(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

std::string authority(const std::string& host, uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

}  // namespace anyclaude
