#include "engine/embedded/schedule.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

const Instant start{};

Task make_task(Priority priority, uint32_t estimate, Instant arrived = start) {
  Task task;
  JobSpec spec;
  spec.priority = priority;
  task.job = std::make_shared<Job>(std::move(spec));
  task.estimate = estimate;
  task.arrived = arrived;
  return task;
}

TEST(Schedule, MainConversationsGoBeforeAgentsAndThoseBeforeTheRest) {
  const Task main = make_task(Priority::main, 20000);
  const Task agent = make_task(Priority::agent, 10);
  const Task background = make_task(Priority::background, 1);
  EXPECT_TRUE(goes_before(main, agent, start));
  EXPECT_TRUE(goes_before(agent, background, start));
  EXPECT_FALSE(goes_before(background, main, start));
}

TEST(Schedule, ShortWorkGoesBeforeLongWorkThenTheEarlierOne) {
  const Task small = make_task(Priority::main, 100, start + std::chrono::seconds(2));
  const Task large = make_task(Priority::main, 20000);
  EXPECT_TRUE(goes_before(small, large, start + std::chrono::seconds(2)));
  const Task later = make_task(Priority::main, 100, start + std::chrono::seconds(3));
  EXPECT_TRUE(goes_before(small, later, start + std::chrono::seconds(3)));
}

TEST(Schedule, WaitingMakesUrgent) {
  const Task background = make_task(Priority::background, 1);
  const Task main = make_task(Priority::main, 20000, start + 2 * patience);
  EXPECT_EQ(urgency(background, start), Priority::background);
  EXPECT_EQ(urgency(background, start + patience), Priority::agent);
  EXPECT_EQ(urgency(background, start + 5 * patience), Priority::main);
  EXPECT_TRUE(goes_before(background, main, start + 2 * patience));
  EXPECT_EQ(urgency(make_task(Priority::idle, 1), start + 50 * patience), Priority::idle);
}

TEST(Schedule, ChunksEndAtMultiplesSavePointsAndBeforeTheLastToken) {
  Task task = make_task(Priority::main, 0);
  task.tokens.resize(1000);
  EXPECT_EQ(chunk_end(task, 0, 512), 512u);
  EXPECT_EQ(chunk_end(task, 512, 512), 999u);
  EXPECT_EQ(chunk_end(task, 700, 512), 999u);
  EXPECT_EQ(chunk_end(task, 999, 512), 1000u);
  EXPECT_EQ(chunk_end(task, 300, 512), 512u);
  EXPECT_EQ(chunk_end(task, 487, 512), 999u);
  add_save_point(task, 600);
  add_save_point(task, 400);
  add_save_point(task, 600);
  EXPECT_EQ(task.save_points, (std::vector<uint32_t>{400, 600}));
  EXPECT_EQ(chunk_end(task, 0, 512), 400u);
  EXPECT_EQ(chunk_end(task, 400, 512), 600u);
  EXPECT_EQ(chunk_end(task, 512, 512), 600u);
  EXPECT_EQ(chunk_end(task, 600, 512), 999u);
}

TEST(Schedule, ThePlanDoesNotDependOnWhereItIsTakenUp) {
  Task task = make_task(Priority::main, 0);
  task.tokens.resize(3000);
  add_save_point(task, 1300);
  std::vector<uint32_t> plan;
  for (uint32_t at = 0; at < 3000;) plan.push_back(at = chunk_end(task, at, 512));
  for (const uint32_t from : plan) {
    std::vector<uint32_t> rest;
    for (uint32_t at = from; at < 3000;) rest.push_back(at = chunk_end(task, at, 512));
    EXPECT_TRUE(std::equal(rest.rbegin(), rest.rend(), plan.rbegin()));
  }
}

}  // namespace
}  // namespace anyclaude
