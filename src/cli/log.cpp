#include "cli/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <string_view>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

// What stands in front of a line about a request: "req_0123...: " (net/http_server.h).
std::string_view take_request_id(std::string_view& text) {
  const size_t end = text.find(": ");
  if (!text.starts_with("req_") || end == std::string_view::npos) return {};
  const std::string_view id = text.substr(0, end);
  if (id.find(' ') != std::string_view::npos) return {};
  text.remove_prefix(end + 2);
  return id;
}

}  // namespace

void JsonLines::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) {
  std::string_view text(message.payload.data(), message.payload.size());
  const std::string_view id = take_request_id(text);
  const auto time = std::chrono::floor<std::chrono::seconds>(message.time);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(message.time - time);
  const auto level = spdlog::level::to_string_view(message.level);
  std::string line = fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}",)",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                                 ms.count(), std::string_view(level.data(), level.size()));
  if (!id.empty()) line += fmt::format(R"("request_id":{},)", json_string(id));
  line += fmt::format(R"("message":{}}})", json_string(text));
  line += '\n';
  out.append(line.data(), line.data() + line.size());
}

std::unique_ptr<spdlog::formatter> JsonLines::clone() const {
  return std::make_unique<JsonLines>();
}

void log_to_standard_error(LogForm form) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("anyclaude"));
  if (form == LogForm::json) {
    spdlog::set_formatter(std::make_unique<JsonLines>());
  } else {
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
  }
}

}  // namespace anyclaude
