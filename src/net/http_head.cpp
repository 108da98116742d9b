#include "net/http_head.h"

namespace anyclaude {
namespace {

// -1: not a hex digit.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

HttpHeadScanner::State HttpHeadScanner::scan(std::string_view bytes) {
  while (true) {
    const size_t end = bytes.find("\r\n", line_start_);
    const bool is_target = lines_ == 0;
    const size_t line_bytes = (end == std::string_view::npos ? bytes.size() : end) - line_start_;
    // The request line also holds the method and the version.
    if (is_target && line_bytes > limits_.target_bytes_max + 32) return State::target_too_long;
    if (!is_target && line_bytes > limits_.header_bytes_max) return State::too_large;
    if (line_start_ + line_bytes > limits_.head_bytes_max) return State::too_large;
    if (end == std::string_view::npos) return State::incomplete;
    if (line_bytes == 0) return State::complete;
    if (lines_ > limits_.headers_max) return State::too_large;
    ++lines_;
    line_start_ = end + 2;
  }
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (!segment.empty()) segments.push_back(percent_decode(segment));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return segments;
}

}  // namespace anyclaude
