#include "cli/dashboard.h"

#include <fmt/format.h>

#include <cctype>

#include "cli/api_key.h"
#include "cli/report_error.h"
#include "cli/running_server.h"
#include "protocol/json_string.h"

namespace anyclaude {

std::string dashboard_link(const std::string& base_url, const std::string& key) {
  std::string link = base_url + "/";
  if (!key.empty()) link += "#key=";
  for (const char c : key) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    link += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return link;
}

int dashboard(const Config& config) {
  const auto server = RunningServer::find(config.folders, config.http.port);
  if (!server) {
    fmt::print(stderr, "no server runs on port {}; `anyclaude serve` starts one\n",
               config.http.port);
    return not_running_exit_code;
  }
  const auto key = choose_key(config);
  if (!key) return report_error(key.error());
  const std::string link = dashboard_link(server->base_url(), key->secret);
  fmt::print("{}\n", config.json ? fmt::format(R"({{"link":{}}})", json_string(link)) : link);
  return 0;
}

}  // namespace anyclaude
