#include "cli/compute_threads.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ComputeThreads, WaitShortlyUnlessTheUserSaysOtherwise) {
  const Environment plain = {{"HOME", "/home/user"}};
  const Environment wanted = with_short_spins(plain);
  EXPECT_EQ(value_of(wanted, "GOMP_SPINCOUNT"), "3000");
  EXPECT_EQ(value_of(wanted, "HOME"), "/home/user");
  EXPECT_EQ(with_short_spins(wanted), wanted);  // so the second start is the last
  const Environment own = {{"OMP_WAIT_POLICY", "active"}};
  EXPECT_EQ(with_short_spins(own), own);
}

}  // namespace
}  // namespace anyclaude
