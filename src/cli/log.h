// The log of `serve`: lines on standard error, for people or for programs. No words of a prompt or
// an answer are logged.
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>

#include "config/config.h"

namespace anyclaude {

// One JSON object a line: "time" (RFC 3339, UTC, milliseconds), "level", "message"; "request_id"
// where the line is about a request, whose id then stands in front of the message no more.
class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override;
  std::unique_ptr<spdlog::formatter> clone() const override;
};

void log_to_standard_error(LogForm form);

}  // namespace anyclaude
