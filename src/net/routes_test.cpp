#include "net/routes.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

Routes some_routes() {
  const auto handler = [](const HttpRequest&) { return HttpReply{}; };
  Routes routes;
  routes.add("GET", "/v1/models", handler, false);
  routes.add("GET", "/v1/models/{id}", handler, false);
  routes.add("GET", "/v1/models/default", handler, false);
  routes.add("POST", "/v1/messages", handler, false);
  routes.add("GET", "/health", handler, true);
  return routes;
}

TEST(Routes, FindsByMethodAndPath) {
  const Routes routes = some_routes();
  EXPECT_EQ(routes.match("POST", "/v1/messages").route->method, "POST");
  EXPECT_EQ(routes.match("HEAD", "/v1/models").route->method, "GET");
  EXPECT_TRUE(routes.match("GET", "/health").always_served);
  EXPECT_FALSE(routes.match("GET", "/v1/models").always_served);
}

TEST(Routes, CapturesOneSegmentAndPrefersLiterals) {
  const Routes routes = some_routes();
  EXPECT_EQ(routes.match("GET", "/v1/models/a%2Fb").captures, (std::vector<std::string>{"a/b"}));
  EXPECT_TRUE(routes.match("GET", "/v1/models/default").captures.empty());
  EXPECT_EQ(routes.match("GET", "/v1/models/a/b").route, nullptr);
}

TEST(Routes, TellsUnknownPathsFromUnknownMethods) {
  const Routes routes = some_routes();
  const RouteMatch other_method = routes.match("DELETE", "/v1/models");
  EXPECT_EQ(other_method.route, nullptr);
  EXPECT_EQ(other_method.allow, "GET, HEAD, OPTIONS");
  EXPECT_EQ(routes.match("GET", "/v1/messages").allow, "POST, OPTIONS");
  EXPECT_EQ(routes.match("GET", "/v2").allow, "");
}

}  // namespace
}  // namespace anyclaude
