#include "net/workers.h"

#include <gtest/gtest.h>

#include <atomic>

#include "fakes/latch.h"

namespace anyclaude {
namespace {

TEST(Workers, MakesThreadsOnDemandAndRunsEveryJob) {
  std::atomic<int> done = 0;
  Workers workers({.threads_max = 4, .queued_max = 1000});
  EXPECT_EQ(workers.threads(), 0u);
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(workers.run([&] { ++done; }));
    EXPECT_LE(workers.threads(), 4u);
  }
  workers.shut_down();
  EXPECT_EQ(done, 500);
}

TEST(Workers, RefusesWhenThreadsAndQueueAreFull) {
  Latch release;
  Latch busy(2);
  Workers workers({.threads_max = 2, .queued_max = 1});
  const auto job = [&] {
    busy.arrive();
    release.wait();
  };
  EXPECT_TRUE(workers.run(job));
  EXPECT_TRUE(workers.run(job));
  ASSERT_TRUE(busy.wait());
  EXPECT_TRUE(workers.run([] {}));
  EXPECT_FALSE(workers.run([] {}));
  release.arrive();
}

TEST(Workers, IdleThreadsLeave) {
  Latch done;
  Workers workers({.threads_max = 2, .queued_max = 1, .idle_time = std::chrono::milliseconds(1)});
  EXPECT_TRUE(workers.run([&] { done.arrive(); }));
  ASSERT_TRUE(done.wait());
  while (workers.threads() > 0) std::this_thread::yield();
  Latch again;
  EXPECT_TRUE(workers.run([&] { again.arrive(); }));
  EXPECT_TRUE(again.wait());
}

TEST(Workers, RefusesAfterShutDown) {
  Workers workers({});
  workers.shut_down();
  EXPECT_FALSE(workers.run([] {}));
}

}  // namespace
}  // namespace anyclaude
