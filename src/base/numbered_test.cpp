#include "base/numbered.h"

#include <gtest/gtest.h>

#include <string>

namespace anyclaude {
namespace {

struct Value {
  uint64_t number = 0;
};

std::string numbers(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += std::to_string(value.number) + " ";
  return text;
}

TEST(Numbered, KeepsTheLast) {
  Numbered<Value> all(3);
  EXPECT_EQ(numbers(all.after(0, 9)) + numbers(all.before(9, 9)), "");
  for (int i = 0; i < 5; ++i) all.add({});
  EXPECT_EQ(all.size(), 3u);
  EXPECT_EQ(numbers(all.after(0, 9)), "3 4 5 ");
  EXPECT_EQ(numbers(all.after(3, 1)), "5 ");
  EXPECT_EQ(numbers(all.after(5, 9)), "");
  EXPECT_EQ(numbers(all.before(UINT64_MAX, 2)), "5 4 ");
  EXPECT_EQ(numbers(all.before(4, 9)), "3 ");
  EXPECT_EQ(numbers(all.before(3, 9)), "");
}

}  // namespace
}  // namespace anyclaude
