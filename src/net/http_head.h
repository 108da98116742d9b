// Watches the head of an HTTP/1.1 request (request line and headers) grow, so that one that is too
// large is refused with the right status before anything parses it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

struct HttpHeadLimits {
  size_t target_bytes_max = 8u << 10;  // of path and query
  size_t header_bytes_max = 8u << 10;  // of one header line
  size_t headers_max = 100;            // the HTTP library's own limit
  size_t head_bytes_max = 64u << 10;
};

class HttpHeadScanner {
 public:
  enum class State { incomplete, complete, target_too_long, too_large };

  explicit HttpHeadScanner(HttpHeadLimits limits) : limits_(limits) {}

  // `bytes` is all that has come so far, at least as much as at the last call; what lies behind the
  // head's end is not looked at.
  State scan(std::string_view bytes);

 private:
  const HttpHeadLimits limits_;
  size_t line_start_ = 0;
  size_t lines_ = 0;  // complete ones, the request line among them
};

// "%20" -> " "; '+' stays, for this is of paths. A '%' that no two hex digits follow stays itself.
std::string percent_decode(std::string_view text);

// The non-empty segments of a path, decoded one by one, so that an encoded slash stays inside its
// segment.
std::vector<std::string> path_segments(std::string_view path);

}  // namespace anyclaude
