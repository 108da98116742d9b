#include "cli/background_server.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(SettingsDifference, CountsOnlyWhatIsWanted) {
  EXPECT_EQ(settings_difference({}, {"model=/a", "context=4k"}), "");
  EXPECT_EQ(settings_difference({"context=4k"}, {"context=4k", "threads=2"}), "");
}

TEST(SettingsDifference, NamesBothSides) {
  EXPECT_EQ(settings_difference({"context=8k", "model=/b", "threads=2"},
                                {"model=/a", "context=4k", "threads=2"}),
            "context=8k (there: context=4k), model=/b (there: model=/a)");
  EXPECT_EQ(settings_difference({"threads=2"}, {"model=/a"}), "threads=2 (there: not set)");
}

}  // namespace
}  // namespace anyclaude
