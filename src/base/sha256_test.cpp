#include "base/sha256.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace anyclaude {
namespace {

TEST(Sha256, IsTheStandardsOwnExample) {
  Sha256 hash;
  hash.add(bytes_of("abc"));
  EXPECT_EQ(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, DoesNotDependOnTheCuts) {
  Sha256 whole;
  whole.add(bytes_of("one two three"));
  Sha256 parts;
  parts.add(bytes_of("one"));
  parts.add({});
  parts.add(bytes_of(" two three"));
  EXPECT_EQ(whole.hex(), parts.hex());
}

TEST(Sha256, CanBeBegunAnew) {
  Sha256 hash;
  hash.add(bytes_of("x"));
  hash = Sha256();
  hash.add(bytes_of("abc"));
  EXPECT_TRUE(hash.hex().starts_with("ba7816bf"));
}

}  // namespace
}  // namespace anyclaude
