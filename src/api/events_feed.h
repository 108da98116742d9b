// GET /api/events: what changes in the server, as it does, over server-sent events. Each event is
// the whole of one part (what runs, the mode, the cache ...) or, of lists that only grow, what is
// new. Whoever connects gets all parts first, so a listener that was away needs no memory.
//
// A listener keeps a connection and its thread, and looks for changes a few times a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "net/http_server.h"

namespace anyclaude {

// One kind of event. `data` is called by the threads of all listeners.
struct EventPart {
  std::string name;
  std::chrono::milliseconds interval;  // between two looks
  // The part now, as one JSON value. `seen` belongs to the listener and the part, is 0 at first and
  // holds how far a growing list was given. Empty: nothing is new.
  std::function<std::string(uint64_t& seen)> data;
};

struct EventsFeedOptions {
  size_t listeners_max = 16;
  std::chrono::milliseconds look_interval{250};
  std::chrono::milliseconds silence_max{10'000};  // then a comment, which tells that we are there
};

// Thread-safe. Must outlive the streams that it has begun.
class EventsFeed {
 public:
  explicit EventsFeed(std::vector<EventPart> parts, EventsFeedOptions options = {});

  // 503 where too many listen already.
  HttpReply stream(const HttpRequest& request);

 private:
  class Listener;

  const std::vector<EventPart> parts_;
  const EventsFeedOptions options_;
  std::atomic<size_t> listeners_{0};
};

}  // namespace anyclaude
