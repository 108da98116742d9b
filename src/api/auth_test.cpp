#include "api/auth.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

HttpRequest with(HttpHeaders headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

const Auth auth({.keys = {{"main", "secret"}, {"team", "other"}, {"unset", ""}},
                 .hosts = {"box.lan"}});

TEST(Auth, KnowsTheKeyInBothPlaces) {
  EXPECT_EQ(auth.key_name(with({{"x-api-key", "secret"}})), "main");
  EXPECT_EQ(auth.key_name(with({{"X-Api-Key", "other"}})), "team");
  EXPECT_EQ(auth.key_name(with({{"authorization", "Bearer other"}})), "team");
  EXPECT_EQ(auth.key_name(with({{"Authorization", "bearer secret"}})), "main");
  EXPECT_EQ(auth.key_name(with({{"x-api-key", "stale"}, {"authorization", "Bearer secret"}})),
            "main");
}

TEST(Auth, RefusesEverythingElse) {
  for (const HttpHeaders& headers : std::vector<HttpHeaders>{{},
                                                             {{"x-api-key", ""}},
                                                             {{"x-api-key", "secre"}},
                                                             {{"x-api-key", "secrets"}},
                                                             {{"x-api-key", "SECRET"}},
                                                             {{"authorization", "Basic secret"}},
                                                             {{"authorization", "Bearer "}},
                                                             {{"authorization", "secret"}}}) {
    const auto name = auth.key_name(with(headers));
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error().kind, Error::Kind::authentication);
  }
}

TEST(Auth, MayBeSwitchedOff) { EXPECT_EQ(Auth({.no_auth = true}).key_name(with({})), "anonymous"); }

TEST(Auth, KnowsItsHosts) {
  for (const char* host : {"localhost", "LOCALHOST:8484", "127.0.0.1:8484", "127.9.9.9",
                           "[::1]:8484", "[::1]", "box.lan:1", "Box.Lan"}) {
    EXPECT_TRUE(auth.check_host(with({{"host", host}})).has_value()) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.evil.example", "127.0.0.1.evil.example",
        "192.168.0.1", "[::2]", "[::1", "box.lan.evil"}) {
    const auto checked = auth.check_host(with({{"host", host}}));
    ASSERT_FALSE(checked.has_value()) << host;
    EXPECT_EQ(checked.error().kind, Error::Kind::permission);
  }
  EXPECT_TRUE(auth.check_host(with({})).has_value());
}

TEST(Auth, TakesNoRequestsOfOtherPages) {
  const auto check = [](const char* origin) {
    return auth.check_host(with({{"host", "localhost:8484"}, {"origin", origin}})).has_value();
  };
  EXPECT_TRUE(check("http://localhost:8484"));
  EXPECT_TRUE(check("HTTP://LOCALHOST:8484"));
  EXPECT_FALSE(check("http://localhost:3000"));
  EXPECT_FALSE(check("http://evil.example"));
  EXPECT_FALSE(check("null"));
}

TEST(NonceProof, IsHmacSha256) {
  // The second test case of RFC 4231.
  EXPECT_EQ(nonce_proof("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_NE(nonce_proof("a", "x"), nonce_proof("b", "x"));
}

}  // namespace
}  // namespace anyclaude
