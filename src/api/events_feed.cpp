#include "api/events_feed.h"

#include <memory>
#include <thread>
#include <utility>

#include "api/errors.h"
#include "protocol/sse.h"

namespace anyclaude {

using Clock = std::chrono::steady_clock;

// What one listener has been told.
class EventsFeed::Listener {
 public:
  // Null: too many listen already.
  static std::shared_ptr<Listener> admit(EventsFeed& feed) {
    if (feed.listeners_.fetch_add(1) < feed.options_.listeners_max) {
      return std::make_shared<Listener>(feed);
    }
    feed.listeners_.fetch_sub(1);
    return nullptr;
  }
  explicit Listener(EventsFeed& feed) : feed_(feed), told_(feed.parts_.size()) {}
  ~Listener() { feed_.listeners_.fetch_sub(1); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Until the listener leaves, or the server stops.
  void run(HttpStream& out) {
    auto last_write = Clock::now();
    while (out.alive()) {
      const auto now = Clock::now();
      std::string text = news(now);
      if (text.empty() && now - last_write >= feed_.options_.silence_max) text = ":\n\n";
      if (!text.empty()) {
        if (!out.write(text)) return;
        last_write = now;
      }
      std::this_thread::sleep_for(feed_.options_.look_interval);
    }
  }

 private:
  struct Told {
    uint64_t seen = 0;
    std::string data;
    Clock::time_point next_look;
  };

  std::string news(Clock::time_point now) {
    std::string text;
    for (size_t i = 0; i < told_.size(); ++i) {
      const EventPart& part = feed_.parts_[i];
      Told& told = told_[i];
      if (now < told.next_look) continue;
      told.next_look = now + part.interval;
      std::string data = part.data(told.seen);
      if (data.empty() || data == told.data) continue;
      append_sse(text, part.name, data);
      told.data = std::move(data);
    }
    return text;
  }

  EventsFeed& feed_;
  std::vector<Told> told_;
};

EventsFeed::EventsFeed(std::vector<EventPart> parts, EventsFeedOptions options)
    : parts_(std::move(parts)), options_(options) {}

HttpReply EventsFeed::stream(const HttpRequest& request) {
  auto listener = Listener::admit(*this);
  if (!listener) {
    return error_reply({Error::Kind::overloaded,
                        "Too many listen to this server's events already: close a dashboard."},
                       request);
  }
  HttpReply reply;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.headers.emplace_back("cache-control", "no-store");
  reply.stream = [listener = std::move(listener)](HttpStream& out) { listener->run(out); };
  return reply;
}

}  // namespace anyclaude
