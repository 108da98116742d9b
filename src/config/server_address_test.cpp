#include "config/server_address.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ServerAddress, IsOneOrSeveral) {
  const auto one = parse_addresses("http://localhost:8000/v1");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ((*one)[0].url.text(), "http://localhost:8000/v1");
  EXPECT_EQ((*one)[0].weight, 1);
  const auto fleet = parse_addresses("http://a:1/v1, http://b:2/v1#weight=3,c:3#weight=0");
  ASSERT_TRUE(fleet);
  ASSERT_EQ(fleet->size(), 3u);
  EXPECT_EQ((*fleet)[1].url.origin(), "http://b:2");
  EXPECT_EQ((*fleet)[1].weight, 3);
  EXPECT_EQ((*fleet)[2].weight, 0);
}

TEST(ServerAddress, OfNothingIsNone) { EXPECT_TRUE(parse_addresses("")->empty()); }

TEST(ServerAddress, IsRefusedWhereItIsNone) {
  for (const char* wrong : {"http://", "http://a:1,,http://b:2", "http://a:1#weight=x",
                            "http://a:1#share=1", "http://a:1#weight=-1", "ftp://a"}) {
    EXPECT_FALSE(parse_addresses(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace anyclaude
