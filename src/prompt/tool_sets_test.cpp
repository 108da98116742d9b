#include "prompt/tool_sets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "prompt/tool_order.h"

namespace anyclaude {
namespace {

using Names = std::vector<std::string>;

std::vector<Tool> tools(const Names& names, const std::string& words = "about ") {
  std::vector<Tool> out;
  for (const auto& name : names) out.push_back({name, words + name, "{}"});
  return out;
}

Names names_of(const std::vector<Tool>& list) {
  Names names;
  for (const Tool& tool : list) names.push_back(tool.name);
  return names;
}

// As the canonical conversation gives them.
std::vector<size_t> arrange(ToolSets& sets, std::vector<Tool>& list,
                            std::string_view sharing = "") {
  order_tools(list);
  return sets.arrange(list, sharing);
}

Names arranged(ToolSets& sets, std::vector<Tool> list, std::string_view sharing = "") {
  arrange(sets, list, sharing);
  return names_of(list);
}

Names shipped(std::vector<Tool> list) {
  order_tools(list);
  return names_of(list);
}

// Tools of another client, whose names nobody knows; of these its agents have every second.
const Names all = {"alpha", "beta", "delta", "gamma", "kappa", "omega"};
const Names some = {"beta", "gamma", "omega"};

TEST(ToolSets, BeginWithTheShippedOrder) {
  ToolSets sets;
  const Names names = {"mcp__x", "Write", "Read", "Workflow", "Bash"};
  EXPECT_EQ(arranged(sets, tools(names)), shipped(tools(names)));
  EXPECT_TRUE(arranged(sets, {}).empty());
  EXPECT_EQ(arranged(sets, tools({"alone"})), Names{"alone"});
}

TEST(ToolSets, AreWrittenInOneOrderForGood) {
  ToolSets sets;
  const Names first = arranged(sets, tools(all));
  arranged(sets, tools(some));
  Names shuffled = all;
  std::mt19937 random(5);
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(shuffled, random);
    EXPECT_EQ(arranged(sets, tools(shuffled)), first);
    arranged(sets, tools({"alpha", "tool" + std::to_string(i)}));
  }
}

// What the client's next version has in other words is ordered by what was learned of this one.
TEST(ToolSets, TheNextVersionsAgentsFindTheirToolsInFront) {
  ToolSets sets;
  arranged(sets, tools(all));
  arranged(sets, tools(some));
  const Names main_loop = arranged(sets, tools(all, "now "));
  const Names agent = arranged(sets, tools(some, "now "));
  EXPECT_TRUE(std::ranges::equal(agent, std::span(main_loop).first(some.size())));
}

TEST(ToolSets, ANewSetBeginsAsLongAsItCanLikeAKnownOne) {
  ToolSets sets;
  const Names known = arranged(sets, tools(all));
  Names more = all;
  more.insert(more.begin(), "aaa");
  const Names now = arranged(sets, tools(more));
  EXPECT_TRUE(std::ranges::equal(known, std::span(now).first(known.size())));
  EXPECT_EQ(now.back(), "aaa");
}

// Words that differ from set to set end what they share.
TEST(ToolSets, ToolsInOtherWordsStandBehindThoseInTheSame) {
  ToolSets sets;
  const auto worded = [](const std::string& words, const std::string& of_alpha) {
    auto list = tools({"alpha", "beta", "gamma"}, words);
    list[0].description = of_alpha;
    return list;
  };
  auto agent = worded("about ", "for an agent");
  agent.push_back({"agents_own", "", "{}"});
  arranged(sets, worded("about ", "for the main loop"));
  arranged(sets, agent);
  EXPECT_EQ(arranged(sets, worded("now ", "for the main loop, now")),
            (Names{"gamma", "beta", "alpha"}));
}

TEST(ToolSets, AreOfUseToThoseWhoShareThem) {
  ToolSets sets;
  arranged(sets, tools(all), "one");
  arranged(sets, tools(some), "one");
  EXPECT_EQ(arranged(sets, tools(all, "now "), "another"), shipped(tools(all)));
  EXPECT_NE(arranged(sets, tools(all, "now "), "one"), shipped(tools(all)));
}

TEST(ToolSets, SayWhereOthersPart) {
  ToolSets sets;
  auto list = tools(all);
  EXPECT_TRUE(arrange(sets, list).empty());
  auto fewer = tools({"alpha", "beta", "omega"});
  EXPECT_EQ(arrange(sets, fewer), std::vector<size_t>{1});
  EXPECT_EQ(arrange(sets, list), std::vector<size_t>{1});
}

TEST(ToolSets, ToolsOfOneNameStayAsTheyCome) {
  ToolSets sets;
  std::vector<Tool> list = {
      {"x", "second", "{}"}, {"a", "", "{}"}, {"x", "first", "{}"}, {"x", "second", "{}"}};
  for (int i = 0; i < 2; ++i) {
    auto again = list;
    arrange(sets, again);
    ASSERT_EQ(again.size(), 4u);
    EXPECT_EQ(again[0].description, "second");
    EXPECT_EQ(again[1].description, "first");
    EXPECT_EQ(again[2].description, "second");
  }
}

struct Written {
  std::map<std::string, std::vector<uint8_t>> records;
  void attach(ToolSets& sets) {
    sets.set_writer([this](std::string_view key, std::span<const uint8_t> value) {
      EXPECT_TRUE(records.emplace(key, std::vector<uint8_t>(value.begin(), value.end())).second);
    });
  }
};

TEST(ToolSets, AreKnownAgainAfterARestart) {
  Written written;
  Names first;
  {
    ToolSets sets;
    written.attach(sets);
    arranged(sets, tools(some));
    first = arranged(sets, tools(all));
    ASSERT_NE(first, shipped(tools(all)));
    arranged(sets, tools(all));
  }
  ASSERT_EQ(written.records.size(), 2u);
  ToolSets sets;
  for (const auto& [key, value] : written.records) sets.restore(key, value);
  EXPECT_EQ(arranged(sets, tools(all)), first);
}

TEST(ToolSets, RecordsThatAreNoneAreLeftOut) {
  Written written;
  ToolSets before;
  written.attach(before);
  arranged(before, tools(all));
  const auto& [key, value] = *written.records.begin();
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    ToolSets sets;
    auto wrong = value;
    wrong.resize(random() % (value.size() + 20));
    if (!wrong.empty() && i % 2 == 0) wrong[random() % wrong.size()] ^= 1 + random() % 255;
    sets.restore(key, wrong);
    auto list = tools(all);
    const auto partings = arrange(sets, list);
    EXPECT_TRUE(std::ranges::is_permutation(names_of(list), all));
    for (const size_t parting : partings) EXPECT_LT(parting, all.size());
  }
}

TEST(ToolSets, AreBounded) {
  ToolSets sets;
  Names many;
  for (size_t i = 0; i <= ToolSets::tools_max; ++i) many.push_back("t" + std::to_string(i));
  EXPECT_EQ(arranged(sets, tools(many)), shipped(tools(many)));
  for (size_t i = 0; i < 2 * ToolSets::sets_max; ++i) {
    arranged(sets, tools({"a", "b" + std::to_string(i)}));
  }
}

}  // namespace
}  // namespace anyclaude
