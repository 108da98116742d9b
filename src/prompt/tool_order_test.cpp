#include "prompt/tool_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace anyclaude {
namespace {

std::vector<Tool> tools(const std::vector<std::string>& names) {
  std::vector<Tool> out;
  for (const auto& name : names) out.push_back({name, "about " + name, "{}"});
  return out;
}

std::vector<std::string> ordered(std::vector<Tool> list) {
  order_tools(list);
  std::vector<std::string> names;
  for (const Tool& tool : list) names.push_back(tool.name);
  return names;
}

// The tool sets of one session of client 2.1.330, as it lists them.
const std::vector<std::string> main_loop = {
    "Agent",          "AskUserQuestion", "Bash",         "CronCreate",
    "CronDelete",     "CronList",        "Edit",         "EnterPlanMode",
    "EnterWorktree",  "ExitPlanMode",    "ExitWorktree", "ListAgents",
    "Monitor",        "NotebookEdit",    "Read",         "ReportFindings",
    "ScheduleWakeup", "SendMessage",     "Skill",        "TaskStop",
    "WebFetch",       "WebSearch",       "Workflow",     "Write"};
const std::vector<std::string> worker = {
    "Agent", "Bash",        "Edit",  "EnterWorktree", "ExitWorktree", "Monitor",   "NotebookEdit",
    "Read",  "SendMessage", "Skill", "TaskStop",      "WebFetch",     "WebSearch", "Write"};
const std::vector<std::string> explorer = {"Bash",     "EnterWorktree", "ExitWorktree", "Monitor",
                                           "Read",     "SendMessage",   "Skill",        "TaskStop",
                                           "WebFetch", "WebSearch"};

TEST(ToolOrder, AnAgentsToolsAreTheFirstOfThoseWhoHaveMore) {
  const auto all = ordered(tools(main_loop));
  for (const auto& fewer : {ordered(tools(worker)), ordered(tools(explorer))}) {
    EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), all.begin()));
  }
}

TEST(ToolOrder, DoesNotDependOnTheClientsOrder) {
  auto names = main_loop;
  names.insert(names.end(), {"mcp__b__look", "mcp__a__find", "own"});
  const auto expected = ordered(tools(names));
  std::mt19937 random(7);
  for (int i = 0; i < 100; ++i) {
    std::shuffle(names.begin(), names.end(), random);
    EXPECT_EQ(ordered(tools(names)), expected);
  }
}

TEST(ToolOrder, PutsUnknownToolsBetweenThoseOfAgentsAndTheMainLoops) {
  EXPECT_EQ(
      ordered(tools({"mcp__b__x", "Workflow", "Write", "mcp__a__y", "AskUserQuestion"})),
      (std::vector<std::string>{"Write", "mcp__a__y", "mcp__b__x", "Workflow", "AskUserQuestion"}));
}

TEST(ToolOrder, OfUnknownToolsTheLargerStandFirst) {
  std::vector<Tool> list = tools({"aa", "bb", "cc", "Read"});
  list[2].description += " and much more";
  order_tools(list);
  const std::vector<std::string> expected = {"Read", "cc", "aa", "bb"};
  EXPECT_TRUE(std::ranges::equal(list, expected, {}, &Tool::name));
}

TEST(ToolOrder, KeepsToolsOfOneNameAsTheyCame) {
  for (const auto& [one, another] : {std::pair("longer", "short"), std::pair("short", "longer")}) {
    std::vector<Tool> list = {{"x", one, "{}"}, {"Read", "", "{}"}, {"x", another, "{}"}};
    order_tools(list);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0].name, "Read");
    EXPECT_EQ(list[1].description, one);
    EXPECT_EQ(list[2].description, another);
  }
}

TEST(ToolOrder, OthersPartWhereTheirToolsEnd) {
  auto all = tools(main_loop);
  order_tools(all);
  const auto partings = likely_partings(all);
  for (const size_t end : {explorer.size(), worker.size()}) {
    EXPECT_TRUE(std::ranges::binary_search(partings, end)) << end;
  }
  EXPECT_TRUE(likely_partings({}).empty());
  EXPECT_TRUE(likely_partings(tools({"Read", "Glob"})).empty());
}

}  // namespace
}  // namespace anyclaude
