#include "api/dashboard.h"

#include <gtest/gtest.h>

#include <string>

#include "api/web_files.h"
#include "fakes/served_api.h"

namespace anyclaude {
namespace {

TEST(Dashboard, IsThereWithoutAKey) {
  ServedApi served;
  const auto page = served.get("/", {});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->header("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page->header("content-security-policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page->header("x-content-type-options"), "nosniff");
  // All that it loads is there, and nothing of it comes from elsewhere.
  size_t loaded = 0;
  for (const std::string attribute : {"src=\"", "href=\""}) {
    for (size_t at = page->body.find(attribute); at != std::string::npos;
         at = page->body.find(attribute, at + 1)) {
      const size_t begin = at + attribute.size();
      const std::string path = page->body.substr(begin, page->body.find('"', begin) - begin);
      const auto asset = served.get(path, {});
      ASSERT_TRUE(asset);
      EXPECT_EQ(asset->status, 200) << path;
      EXPECT_FALSE(asset->body.empty()) << path;
      ++loaded;
    }
  }
  EXPECT_GE(loaded, 2u);
  EXPECT_EQ(page->body.find("://"), std::string::npos);
}

TEST(Dashboard, HasNoOtherFiles) {
  ServedApi served;
  for (const char* path : {"/assets/none.js", "/assets/..%2findex.html", "/assets/"}) {
    const auto reply = served.get(path, {});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 404) << path;
  }
  const auto strange = served.get("/", {{"host", "evil.example"}});
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->status, 403);
}

TEST(Dashboard, NothingElseIsOpen) {
  EXPECT_TRUE(is_dashboard_path("/"));
  EXPECT_TRUE(is_dashboard_path("/assets/app.js"));
  for (const char* path : {"", "//", "/assets", "/api/events", "/v1/models", "/assetsx"}) {
    EXPECT_FALSE(is_dashboard_path(path)) << path;
  }
}

}  // namespace
}  // namespace anyclaude
