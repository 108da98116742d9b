#include "api/request_history.h"

#include <gtest/gtest.h>

#include <string>

namespace anyclaude {
namespace {

std::string numbers(const FinishedList& list) {
  std::string text;
  for (const FinishedReport& request : list.requests) text += std::to_string(request.number) + " ";
  return text;
}

TEST(RequestHistory, GivesPagesAndWhatIsNew) {
  RequestHistory history(5);
  EXPECT_EQ(numbers(history.before(UINT64_MAX, 10)), "");
  EXPECT_EQ(numbers(history.after(0, 10)), "");
  for (int i = 0; i < 8; ++i) history.add({});  // 1 to 3 make room
  EXPECT_EQ(numbers(history.before(UINT64_MAX, 3)), "8 7 6 ");
  EXPECT_EQ(numbers(history.before(6, 3)), "5 4 ");
  EXPECT_EQ(numbers(history.before(4, 3)), "");
  EXPECT_EQ(history.before(4, 3).count, 5u);
  EXPECT_EQ(numbers(history.after(6, 10)), "7 8 ");
  EXPECT_EQ(numbers(history.after(0, 2)), "7 8 ");
  EXPECT_EQ(numbers(history.after(8, 10)), "");
}

}  // namespace
}  // namespace anyclaude
