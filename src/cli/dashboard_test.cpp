#include "cli/dashboard.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(DashboardLink, CarriesTheKeyWhereNoServerSeesIt) {
  EXPECT_EQ(dashboard_link("http://127.0.0.1:8484", "abc-1_2"),
            "http://127.0.0.1:8484/#key=abc-1_2");
  EXPECT_EQ(dashboard_link("http://[::1]:1", "a&b #%\xC3\xA9"),
            "http://[::1]:1/#key=a%26b%20%23%25%C3%A9");
  EXPECT_EQ(dashboard_link("http://127.0.0.1:8484", ""), "http://127.0.0.1:8484/");
}

}  // namespace
}  // namespace anyclaude
