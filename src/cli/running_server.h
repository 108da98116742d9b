// A server that runs on this machine and has proved to be the one that wrote its state file.
// Nothing is sent to a port before that: whoever listens there would read key and prompts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/paths.h"
#include "base/result.h"
#include "cli/server_state.h"
#include "net/http_client.h"
#include "protocol/activity_report.h"
#include "protocol/server_report.h"

namespace anyclaude {

// One thread.
class RunningServer {
 public:
  // The server on that port, or on any if it is 0. Nothing if none runs, or if what runs there
  // could not prove to be it.
  static std::optional<RunningServer> find(const Folders& folders, uint16_t port);

  const ServerState& state() const { return state_; }
  std::string base_url() const;  // http://127.0.0.1:8484

  // Error::upstream or timeout when it does not answer (any more).
  Result<HealthReport> health();

  // Error::authentication when it takes another key.
  Result<std::vector<ModelReport>> models(const std::string& key);
  Result<std::vector<RunningReport>> requests(const std::string& key);
  Result<std::string> metrics(const std::string& key);

  // The body of any other path's answer. Error::permission, not_found or invalid_request with the
  // server's own words where it refuses.
  Result<std::string> get(const std::string& path, const std::string& key);
  Result<std::string> put(const std::string& path, const std::string& body, const std::string& key);
  // For work that may take an hour. `take` hears the body as it comes.
  Result<std::string> post(const std::string& path, const std::string& body, const std::string& key,
                           const std::function<void(std::string_view)>& take);
  // The same for an answer of lines, without their ends.
  Result<void> post_for_lines(const std::string& path, const std::string& body,
                              const std::string& key,
                              const std::function<void(const std::string&)>& take);

 private:
  RunningServer(ServerState state, std::unique_ptr<HttpClient> client)
      : state_(std::move(state)), client_(std::move(client)) {}

  ServerState state_;
  std::unique_ptr<HttpClient> client_;
};

// The address by which this machine reaches a server that is bound to `host`.
std::string local_address(const std::string& host);

// "host:port" as a URL has it.
std::string authority(const std::string& host, uint16_t port);

}  // namespace anyclaude
