// text/event-stream, as in the HTML standard (html.spec.whatwg.org, "Server-sent events").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct SseEvent {
  std::string event;  // empty: the default, "message"
  std::string data;
  std::string id;  // the last one seen
  bool operator==(const SseEvent&) const = default;
};

struct SseLimits {
  size_t event_bytes_max = 16u << 20;
};

// Incremental: however the stream is cut into pieces, the events are the same. Not thread-safe.
class SseParser {
 public:
  explicit SseParser(SseLimits limits = {}) : limits_(limits) {}

  // The events that `bytes` completes. Error::too_large when one grows over the limit; the parser
  // is of no use from then on.
  Result<std::vector<SseEvent>> feed(std::string_view bytes);

 private:
  void end_line(std::vector<SseEvent>& events);
  void take_field(std::string_view name, std::string_view value);

  const SseLimits limits_;
  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool at_start_ = true;       // a byte order mark may come
  bool after_return_ = false;  // a line feed that comes now belongs to the line that has ended
};

// Appends one event. Data of several lines becomes several fields.
void append_sse(std::string& out, std::string_view event, std::string_view data);

}  // namespace anyclaude
