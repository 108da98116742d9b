#include "net/download.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <atomic>
#include <utility>
#include <vector>

#include "fakes/running_server.h"

namespace anyclaude {
namespace {

// A server that tells where a file lies, and one on another port, and so another origin, that has
// it. Both write down with which token they were asked.
class DownloadTest : public testing::Test {
 protected:
  static HttpReply redirect(int status, const std::string& where) {
    HttpReply reply;
    reply.status = status;
    reply.headers = {{"Location", where}};
    reply.body = "it lies elsewhere";
    return reply;
  }

  std::string names(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", names_.port(), path);
  }

  Result<DownloadHead> get(const std::string& url, uint64_t begin = 0) {
    body_.clear();
    begun_ = 0;
    DownloadListener listener;
    listener.begin = [this](const DownloadHead&) -> Result<void> {
      ++begun_;
      return {};
    };
    listener.take = [this](std::span<const uint8_t> bytes) -> Result<void> {
      body_.append(bytes.begin(), bytes.end());
      return {};
    };
    listener.go_on = [this] { return go_on_.load(); };
    return download({url, begin}, options_, listener);
  }

  const std::string bytes_ = "0123456789";
  std::vector<std::string> tokens_of_names_;
  std::vector<std::string> tokens_of_files_;
  std::string range_;
  DownloadOptions options_{.token = "secret"};
  std::atomic<bool> go_on_ = true;
  std::string body_;
  int begun_ = 0;
  RunningServer files_{[this](HttpServer& server) {
    server.route("GET", "/file", [this](const HttpRequest& request) {
      tokens_of_files_.push_back(request.header("authorization"));
      range_ = request.header("range");
      HttpReply reply;
      reply.body = bytes_;
      return reply;
    });
  }};
  RunningServer names_{[this](HttpServer& server) {
    const std::string file = fmt::format("http://127.0.0.1:{}/file?signature=1", files_.port());
    const auto add = [&](const std::string& path, int status, const std::string& where) {
      server.route("GET", path, [this, status, where](const HttpRequest& request) {
        tokens_of_names_.push_back(request.header("authorization"));
        return redirect(status, where);
      });
    };
    add("/moved", 302, file);
    add("/renamed", 307, "/moved");
    add("/loop", 302, "/loop");
    add("/disk", 302, "file:///etc/passwd");
    add("/nowhere", 302, "");
    server.route("GET", "/hang", [](const HttpRequest&) {
      HttpReply reply;
      reply.stream = [](HttpStream& out) {
        out.write("a");
        while (out.alive()) std::this_thread::yield();
      };
      return reply;
    });
  }};
};

TEST_F(DownloadTest, FollowsRedirectsAndShowsTheTokenToTheFirstOriginAlone) {
  const auto head = get(names("/renamed"));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(body_, bytes_) << "the redirects' bodies are no part of it";
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(tokens_of_names_, (std::vector<std::string>{"Bearer secret", "Bearer secret"}));
  EXPECT_EQ(tokens_of_files_, std::vector<std::string>{""});
}

TEST_F(DownloadTest, AsksForTheRestAlsoBehindARedirect) {
  ASSERT_TRUE(get(names("/moved"), 4));
  EXPECT_EQ(range_, "bytes=4-");
}

TEST_F(DownloadTest, AnyStatusIsAnAnswer) {
  const auto head = get(names("/other"));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 404);
  EXPECT_FALSE(head->header("Content-Length").empty());
}

TEST_F(DownloadTest, RefusesBadRedirects) {
  EXPECT_EQ(get(names("/loop")).error().kind, Error::Kind::permission);
  EXPECT_EQ(tokens_of_names_.size(), 6u) << "the first and five redirects";
  EXPECT_EQ(get(names("/disk")).error().kind, Error::Kind::permission);
  EXPECT_EQ(get(names("/nowhere")).error().kind, Error::Kind::permission);
  EXPECT_EQ(get("file:///etc/passwd").error().kind, Error::Kind::permission);
  EXPECT_EQ(body_, "");
}

TEST_F(DownloadTest, EndsWithTheListenersError) {
  DownloadListener listener;
  listener.take = [](std::span<const uint8_t>) -> Result<void> {
    return fail(Error::Kind::overloaded, "no room");
  };
  const auto head = download({names("/moved"), 0}, options_, listener);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().kind, Error::Kind::overloaded);
  EXPECT_EQ(head.error().message, "no room");
}

TEST_F(DownloadTest, StopsWhenToldAndWhenNothingComes) {
  options_.silence_max = std::chrono::seconds(1);
  EXPECT_EQ(get(names("/hang")).error().kind, Error::Kind::timeout);
  go_on_ = false;
  EXPECT_EQ(get(names("/hang")).error().kind, Error::Kind::cancelled);
}

TEST_F(DownloadTest, TellsOfServersThatAreGone) {
  const std::string url = names("/moved");
  files_.stop();
  const auto head = get(url);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().kind, Error::Kind::upstream);
  EXPECT_EQ(head.error().message.find("signature"), std::string::npos) << head.error().message;
}

}  // namespace
}  // namespace anyclaude
