#include "protocol/hub_listing.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace anyclaude {
namespace {

const std::string commit(40, 'a');
const std::string hash(64, 'b');

std::string listing_of(const std::string& siblings) {
  return fmt::format(R"({{"id":"o/r","sha":"{}","siblings":[{}]}})", commit, siblings);
}

TEST(HubListing, HasTheFilesOfARevision) {
  const auto listing = decode_hub_listing(listing_of(fmt::format(
      R"({{"rfilename":"README.md","size":12,"blobId":"x"}},
         {{"rfilename":"Q4_K_M/m.gguf","size":7,"lfs":{{"sha256":"{0}","size":7}}}},
         {{"rfilename":"n.gguf","lfs":{{"oid":"{0}","size":9}}}},
         {{"rfilename":"o.gguf","size":5,"lfs":{{"sha256":"odd"}}}})",
      hash)));
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_EQ(listing->revision, commit);
  ASSERT_EQ(listing->files.size(), 4u);
  EXPECT_EQ(listing->files[0].sha256, "");
  EXPECT_EQ(listing->files[1].path, "Q4_K_M/m.gguf");
  EXPECT_EQ(listing->files[1].bytes, 7u);
  EXPECT_EQ(listing->files[1].sha256, hash);
  EXPECT_EQ(listing->files[2].bytes, 9u);
  EXPECT_EQ(listing->files[2].sha256, hash);
  EXPECT_EQ(listing->files[3].sha256, "") << "no hash that could be compared";
}

TEST(HubListing, LeavesOutPathsThatLeadElsewhere) {
  for (const std::string path : {"", "/etc/x", "../x", "a/../x", "a//x", "a/", ".ssh/x", "a/.x",
                                 "a\\\\x", "a\\u0000b", "a\\nb", "a%2e", "a?b", "a b", "\\u00e9"}) {
    const auto listing =
        decode_hub_listing(listing_of(fmt::format(R"({{"rfilename":"{}","size":1}})", path)));
    ASSERT_TRUE(listing) << path;
    EXPECT_TRUE(listing->files.empty()) << path;
  }
  const auto longest = decode_hub_listing(
      listing_of(fmt::format(R"({{"rfilename":"{}","size":1}})", std::string(201, 'x'))));
  EXPECT_TRUE(longest->files.empty());
}

TEST(HubListing, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string(""), std::string("<html>"), std::string("[]"), std::string("{}"),
        listing_of("").replace(12, 20, ""), listing_of("1"),
        std::string(R"({"sha":"../../x","siblings":[]})"),
        fmt::format(R"({{"sha":"{}","siblings":{{}}}})", commit)}) {
    const auto listing = decode_hub_listing(text);
    ASSERT_FALSE(listing) << text;
    EXPECT_EQ(listing.error().kind, Error::Kind::upstream);
  }
}

}  // namespace
}  // namespace anyclaude
