#include "kv/pinned.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

namespace anyclaude {
namespace {

TEST(PinnedPrompts, OutliveTheProcess) {
  std::map<std::string, std::vector<uint8_t>> written;
  PinnedPrompts before;
  before.set_writer([&](std::string_view key, std::span<const uint8_t> value) {
    written[std::string(key)] = {value.begin(), value.end()};
  });
  before.set({1, 2}, true);
  before.set({3, 4}, true);
  before.set({1, 2}, false);

  PinnedPrompts after;
  for (const auto& [key, value] : written) after.restore(key, value);
  const std::array<uint8_t, 1> one = {1};
  after.restore("no key", one);
  after.restore(to_hex({5, 6}), std::array<uint8_t, 1>{2});
  after.restore(to_hex({5, 6}), {});
  EXPECT_EQ(after.list(), (std::vector<PieceKey>{{3, 4}}));
  after.restore(to_hex({5, 6}), one);
  after.restore(to_hex({3, 4}), std::array<uint8_t, 1>{0});
  EXPECT_EQ(after.list(), (std::vector<PieceKey>{{5, 6}}));
}

}  // namespace
}  // namespace anyclaude
