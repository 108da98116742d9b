#include "api/warm_prompts.h"

#include <gtest/gtest.h>

#include <map>

#include "protocol/prompt_head.h"

namespace anyclaude {
namespace {

using Records = std::map<std::string, std::vector<uint8_t>, std::less<>>;

Request session(const std::string& tool, const std::string& place = "here") {
  Request request{.model = "m"};
  request.origin.key_name = "owner";
  request.conversation.system = {std::string(WarmPrompts::bytes_min, 's')};
  request.conversation.tools = {{tool, "A tool.", "{}"}};
  request.conversation.messages = {{Role::user, {TextBlock{place}, TextBlock{"words"}}}};
  return request;
}

WarmPrompts::Writer into(Records& records, int* writes = nullptr) {
  return [&records, writes](std::string_view key, std::span<const uint8_t> value) {
    records[std::string(key)] = {value.begin(), value.end()};
    if (writes) ++*writes;
  };
}

TEST(WarmPrompts, NamesClientsWithoutTheirVersions) {
  EXPECT_EQ(client_name("claude-cli/2.1.330 (external, sdk-ts, agent-sdk/0.3.330)"),
            "claude-cli (external, sdk-ts, agent-sdk)");
  EXPECT_EQ(client_name("curl/7.88.1"), "curl");
  EXPECT_EQ(client_name(""), "");
  EXPECT_LE(client_name(std::string(100'000, 'x')).size(), 200u);
}

TEST(WarmPrompts, KeepsTheNewestOfEachClientAndToolSet) {
  WarmPrompts prompts;
  prompts.note(session("Read", "old"), "a/1");
  prompts.note(session("Write"), "a/1");
  prompts.note(session("Read", "new"), "a/2");
  prompts.note(session("Read"), "b/1");
  const auto all = prompts.list();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].client, "b");
  EXPECT_EQ(all[1].client, "a");
  EXPECT_NE(all[1].head.find("\"new\""), std::string::npos);
  EXPECT_EQ(prompts.noted(), 4u);
}

TEST(WarmPrompts, KeysHaveTheirOwn) {
  WarmPrompts prompts;
  Request request = session("Read");
  prompts.note(request, "a");
  request.origin.key_name = "team";
  request.origin.sharing = "key team";
  prompts.note(request, "a");
  const auto all = prompts.list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].sharing, "key team");
  EXPECT_EQ(all[0].key_name, "team");
  EXPECT_EQ(all[1].sharing, "");
}

TEST(WarmPrompts, WritesDownWhatIsNewAndNothingElse) {
  WarmPrompts prompts;
  Records records;
  int writes = 0;
  prompts.set_writer(into(records, &writes));
  for (int turn = 0; turn < 3; ++turn) prompts.note(session("Read"), "a/1");
  EXPECT_EQ(writes, 1);
  prompts.note(session("Read", "elsewhere"), "a/1");
  EXPECT_EQ(writes, 2);
  Request small = session("Read");
  small.conversation.system.clear();
  prompts.note(small, "c/1");
  EXPECT_EQ(writes, 2);
  EXPECT_EQ(prompts.noted(), 5u);
}

TEST(WarmPrompts, KnowsThemAgain) {
  Records records;
  {
    WarmPrompts prompts;
    prompts.set_writer(into(records));
    Request request = session("Read");
    request.origin.sharing = "group x";
    prompts.note(request, "a/1");
  }
  WarmPrompts prompts;
  for (const auto& [key, value] : records) prompts.restore(key, value);
  int writes = 0;
  prompts.set_writer(into(records, &writes));
  ASSERT_EQ(prompts.list().size(), 1u);
  const WarmPrompt known = prompts.list().front();
  EXPECT_EQ(known.client, "a");
  EXPECT_EQ(known.sharing, "group x");
  EXPECT_TRUE(decode_head(known.head));
  // The same comes again: it is known.
  Request request = session("Read");
  request.origin.sharing = "group x";
  prompts.note(request, "a/1");
  EXPECT_EQ(writes, 0);
}

TEST(WarmPrompts, LeavesBrokenRecordsOut) {
  WarmPrompts prompts;
  for (const std::string record :
       {"", "{", "[]", "{}", R"({"client":"c","key":"k","sharing":"","request":"{}"})",
        R"({"client":1,"key":"k","sharing":"","request":"{}"})"}) {
    prompts.restore("key", {reinterpret_cast<const uint8_t*>(record.data()), record.size()});
  }
  EXPECT_TRUE(prompts.list().empty());
}

TEST(WarmPrompts, AreNotTooMany) {
  WarmPrompts prompts;
  for (int i = 0; i < 100; ++i) prompts.note(session("Tool" + std::to_string(i)), "a");
  EXPECT_EQ(prompts.list().size(), WarmPrompts::prompts_max);
  EXPECT_NE(prompts.list().front().head.find("Tool99"), std::string::npos);
  Request huge = session("Huge");
  huge.conversation.system = {std::string(WarmPrompts::bytes_max, 's')};
  prompts.note(huge, "a");
  EXPECT_EQ(prompts.list().front().head.find("Huge"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
