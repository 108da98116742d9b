#include "api/events_feed.h"

#include <gtest/gtest.h>

#include <string>

#include "api/api.h"
#include "fakes/raw_client.h"
#include "fakes/served_api.h"

namespace anyclaude {
namespace {

// Takes what is written, and leaves after so many looks.
class Reader final : public HttpStream {
 public:
  explicit Reader(size_t looks) : looks_(looks) {}

  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  bool alive() override { return looks_-- > 0; }

  std::string text;

 private:
  size_t looks_;
};

EventsFeedOptions at_once() {
  EventsFeedOptions options;
  options.look_interval = std::chrono::milliseconds(0);
  return options;
}

std::string read(EventsFeed& feed, size_t looks) {
  Reader reader(looks);
  const HttpReply reply = feed.stream({});
  EXPECT_EQ(reply.status, 200);
  reply.stream(reader);
  return reader.text;
}

TEST(EventsFeed, TellsEachPartFirstAndThenItsChanges) {
  int now = 0;
  const auto whole = [&](uint64_t&) { return R"({"now":)" + std::to_string(now++ / 2) + "}"; };
  const auto growing = [](uint64_t& seen) { return seen < 2 ? std::to_string(++seen) : ""; };
  const std::chrono::milliseconds always{0};
  EventsFeed feed({{"whole", always, whole}, {"list", always, growing}}, at_once());
  const std::string all =
      "event: whole\ndata: {\"now\":0}\n\nevent: list\ndata: 1\n\nevent: list\ndata: 2\n\n"
      "event: whole\ndata: {\"now\":1}\n\n";
  EXPECT_EQ(read(feed, 4), all);
  now = 0;
  EXPECT_EQ(read(feed, 4), all) << "another listener knows nothing of the first";
}

TEST(EventsFeed, ShowsThatItIsThere) {
  EventsFeedOptions options = at_once();
  options.silence_max = std::chrono::milliseconds(0);
  EventsFeed feed({}, options);
  EXPECT_EQ(read(feed, 2), ":\n\n:\n\n");
}

TEST(EventsFeed, ServesOnlySoMany) {
  EventsFeedOptions options = at_once();
  options.listeners_max = 2;
  EventsFeed feed({}, options);
  const HttpReply first = feed.stream({});
  {
    const HttpReply second = feed.stream({});
    EXPECT_EQ(second.status, 200);
    const HttpReply third = feed.stream({});
    EXPECT_NE(third.status, 200);
    EXPECT_NE(third.body.find("close a dashboard"), std::string::npos);
  }
  EXPECT_EQ(feed.stream({}).status, 200) << "one has left";
}

// Over a real connection, with a real request.
TEST(EventsFeed, TellsOfRequests) {
  Script script;
  script.steps = {say(TextDelta{"Yes"})};
  ServedApi served(script);
  const auto answered =
      served.post("/v1/messages", R"({"model":"<b>m</b>","max_tokens":8,)"
                                  R"("messages":[{"role":"user","content":"Hello"}]})");
  ASSERT_TRUE(answered);
  ASSERT_EQ(answered->status, 200);

  RawClient listener(served.server().port());
  listener.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\nx-api-key: secret\r\n\r\n");
  std::string text = listener.read_until("event: cache");
  text += listener.read_until("\n\n");
  EXPECT_NE(text.find("event: server\ndata: {\"version\":\"1.2.3\""), std::string::npos) << text;
  EXPECT_NE(text.find("event: requests\ndata: {\"requests\":[]}"), std::string::npos) << text;
  EXPECT_NE(text.find("event: cache\ndata: {}"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("model":"<b>m</b>")"), std::string::npos) << text;
  const auto strange = served.get("/api/events", {{"x-api-key", "other secret"}});
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->status, 403);
  const auto page = served.get("/api/history?limit=1");
  ASSERT_TRUE(page);
  EXPECT_NE(page->body.find(R"("stop":"end_turn")"), std::string::npos) << page->body;
  EXPECT_EQ(served.get("/api/history?limit=501")->status, 400);
  EXPECT_EQ(served.get("/api/history?before=x")->status, 400);
}

}  // namespace
}  // namespace anyclaude
