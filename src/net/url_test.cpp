#include "net/url.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(UrlTest, ReadsWhatUsersWrite) {
  const struct {
    const char* text;
    const char* read;
    bool local;
  } cases[] = {
      {"http://localhost:8081/v1", "http://localhost:8081/v1", true},
      {"http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1", true},
      {"localhost:1234", "http://localhost:1234", true},
      {"https://api.anthropic.com", "https://api.anthropic.com:443", false},
      {"HTTP://GPU-Box.lan/v1//", "http://gpu-box.lan:80/v1", false},
      {"http://[::1]:8000/v1", "http://[::1]:8000/v1", true},
      {"http://[2001:DB8::5]", "http://[2001:db8::5]:80", false},
  };
  for (const auto& each : cases) {
    const auto url = parse_url(each.text);
    ASSERT_TRUE(url) << each.text << ": " << url.error().message;
    EXPECT_EQ(url->text(), each.read);
    EXPECT_EQ(url->is_local(), each.local) << each.text;
  }
}

TEST(UrlTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "http://", "ftp://host/", "http://:80", "http://host:", "http://host:0",
        "http://host:65536", "http://host:80x", "http://ho st/", "http://[::1", "http://[x]:1",
        "http://host/a b", "http://host/v1?key=secret", "http://host/#x", "http://me:pw@host/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, Error::Kind::invalid_request);
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(url.error().message.find("pw"), std::string::npos) << url.error().message;
  }
}

}  // namespace
}  // namespace anyclaude
