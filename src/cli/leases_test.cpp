#include "cli/leases.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Leases, CountLivingProcesses) {
  const TemporaryFolder folder;
  const Leases leases(folder.path(), 8484);
  EXPECT_EQ(leases.count(), 0u);
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  ASSERT_TRUE(leases.take(::getpid()));
  ASSERT_TRUE(leases.take(child));
  ASSERT_TRUE(leases.take(child));
  EXPECT_EQ(leases.count(), 2u);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(leases.count(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "leases-8484" / std::to_string(child)));
}

TEST(Leases, BelongToOnePortAndCanBeCleared) {
  const TemporaryFolder folder;
  const Leases leases(folder.path(), 8484);
  ASSERT_TRUE(leases.take(::getpid()));
  EXPECT_EQ(Leases(folder.path(), 8485).count(), 0u);
  leases.clear();
  EXPECT_EQ(leases.count(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

class IdleExitTest : public testing::Test {
 protected:
  const IdleExit::Instant start_{std::chrono::hours(1000)};
};

TEST_F(IdleExitTest, ComesAfterTheLimitWithoutLeaseOrRequest) {
  IdleExit exit(minutes(30), start_);
  EXPECT_FALSE(exit.expired(start_ + minutes(29), 0, minutes(29)));
  EXPECT_TRUE(exit.expired(start_ + minutes(30), 0, minutes(30)));
}

TEST_F(IdleExitTest, ALeaseStartsTheTimeAgain) {
  IdleExit exit(minutes(30), start_);
  EXPECT_FALSE(exit.expired(start_ + minutes(100), 1, minutes(100)));
  EXPECT_FALSE(exit.expired(start_ + minutes(129), 0, minutes(129)));
  EXPECT_TRUE(exit.expired(start_ + minutes(130), 0, minutes(130)));
}

TEST_F(IdleExitTest, ARequestStartsTheTimeAgain) {
  IdleExit exit(minutes(30), start_);
  EXPECT_FALSE(exit.expired(start_ + minutes(100), 0, minutes(29)));
  EXPECT_TRUE(exit.expired(start_ + minutes(101), 0, minutes(30)));
}

TEST_F(IdleExitTest, NeverMeansNever) {
  IdleExit exit(seconds(0), start_);
  EXPECT_FALSE(exit.expired(start_ + std::chrono::hours(100), 0, std::chrono::hours(100)));
}

}  // namespace
}  // namespace anyclaude
