#include "api/auth.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

HttpRequest with(HttpHeaders headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

const Auth auth({.owner_secret = "secret",
                 .keys = {{"anna", "other", "team"},
                          {"ben", "bens", "team"},
                          {"carl", "carls"},
                          {"dora", "doras", "owner"},
                          {"unset", ""}},
                 .hosts = {"box.lan"}});

std::string name_of(HttpHeaders headers) {
  return auth.caller(with(std::move(headers))).value().key_name;
}

TEST(Auth, KnowsTheKeyInBothPlaces) {
  EXPECT_EQ(name_of({{"x-api-key", "secret"}}), "owner");
  EXPECT_EQ(name_of({{"X-Api-Key", "other"}}), "anna");
  EXPECT_EQ(name_of({{"authorization", "Bearer other"}}), "anna");
  EXPECT_EQ(name_of({{"Authorization", "bearer secret"}}), "owner");
  EXPECT_EQ(name_of({{"x-api-key", "stale"}, {"authorization", "Bearer secret"}}), "owner");
}

TEST(Auth, KnowsWhoSharesWithWhom) {
  const auto sharing = [](const char* key) {
    return auth.caller(with({{"x-api-key", key}})).value().sharing;
  };
  EXPECT_EQ(sharing("secret"), "");
  EXPECT_EQ(sharing("other"), sharing("bens"));
  EXPECT_NE(sharing("other"), "");
  EXPECT_NE(sharing("carls"), "");
  EXPECT_NE(sharing("carls"), sharing("other"));
  EXPECT_EQ(sharing("doras"), "");
  // A key and a group of the same name are two things.
  const Auth twins({.keys = {{"team", "a"}, {"anna", "b", "team"}}});
  EXPECT_NE(twins.caller(with({{"x-api-key", "a"}}))->sharing,
            twins.caller(with({{"x-api-key", "b"}}))->sharing);
}

TEST(Auth, OneKeyIsTheOwners) {
  EXPECT_TRUE(auth.caller(with({{"x-api-key", "secret"}}))->owner);
  for (const char* other : {"other", "carls", "doras"}) {
    EXPECT_FALSE(auth.caller(with({{"x-api-key", other}}))->owner);
  }
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
    const auto caller = auth.caller(with(headers));
    ASSERT_FALSE(caller.has_value());
    EXPECT_EQ(caller.error().kind, Error::Kind::authentication);
  }
}

TEST(Auth, MayBeSwitchedOff) {
  const auto caller = Auth({.no_auth = true}).caller(with({}));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->key_name, "anonymous");
  EXPECT_TRUE(caller->owner);
}

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
