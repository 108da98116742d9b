#include "protocol/cache_report.h"

#include <gtest/gtest.h>

#include <limits>

namespace anyclaude {
namespace {

constexpr uint64_t most = std::numeric_limits<uint64_t>::max();

TEST(CacheReport, ComesBackAsItWas) {
  const CacheReport report{"/a \"b\"", {1, 2, 3, 4}, {most, 6, 7, 8}, true, "full\n"};
  const auto back = decode_cache_report(encode(report));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encode(*back), encode(report));
  EXPECT_EQ(back->disk.bytes, most);
  EXPECT_EQ(back->folder, report.folder);
  EXPECT_TRUE(back->writes);
}

TEST(CacheReport, ListsPrompts) {
  PromptList list{.prompts = {{.id = "0123", .words = "\xFF what?", .tokens = 7, .in_ram = true},
                              {.sharing = "group a", .last_used_s = -5, .hits = 9}},
                  .count = 12};
  const auto back = decode_prompt_list(encode(list));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->count, 12u);
  ASSERT_EQ(back->prompts.size(), 2u);
  EXPECT_EQ(back->prompts[0].words, "\xEF\xBF\xBD what?");
  EXPECT_TRUE(back->prompts[0].in_ram);
  EXPECT_FALSE(back->prompts[1].in_ram);
  EXPECT_EQ(back->prompts[1].last_used_s, -5);
  EXPECT_EQ(back->prompts[1].sharing, "group a");
  EXPECT_EQ(decode_prompt_list("{}")->prompts.size(), 0u);
}

TEST(CacheReport, TakesNothingElseForAReport) {
  for (const char* text : {"", "[]", "{", R"({"prompts":{}})", R"({"prompts":[7]})",
                           R"({"count":-1})", R"({"count":"1"})", R"({"prompts":[{"tokens":1.5}]})",
                           R"({"prompts":[{"tokens":4294967296}]})"}) {
    const auto list = decode_prompt_list(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().kind, Error::Kind::upstream);
  }
}

TEST(CacheReport, TellsOfAnExchangeInSteps) {
  const auto step = decode_exchange_step(encode(ExchangeStep{.bytes = 3, .bytes_all = 9}));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->bytes, 3u);
  EXPECT_EQ(step->bytes_all, 9u);
  EXPECT_FALSE(step->report);
  ExchangeStep last;
  last.report = ExchangeReport{.words = "Hello", .tokens = 7};
  const auto read = decode_exchange_step(encode(last));
  ASSERT_TRUE(read && read->report);
  EXPECT_EQ(read->report->words, "Hello");
  EXPECT_EQ(read->report->tokens, 7u);
}

TEST(CacheOrder, SaysOnlyWhatIsGiven) {
  EXPECT_EQ(encode(PruneOrder{.unused_since_s = 5}),
            R"({"unused_since":5,"model":"","prompt":"","branch":""})");
  const auto back = decode_prune_order(encode(PruneOrder{.unused_since_s = 5}));
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->disk_bytes_max);
  EXPECT_EQ(back->unused_since_s, 5);
  const auto none = decode_prune_order("");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->unused_since_s);
}

TEST(CacheOrder, IsRefusedWithTheFieldAtFault) {
  const auto said = [](const char* text) {
    const auto order = decode_prune_order(text);
    EXPECT_FALSE(order) << text;
    return order ? std::string() : order.error().message;
  };
  EXPECT_EQ(said(R"({"disk_bytes_max":-1})"), "disk_bytes_max: not a value of this field.");
  EXPECT_EQ(said(R"({"model":7})"), "model: not a value of this field.");
  // Half understood, it would throw out more than was meant.
  EXPECT_EQ(said(R"({"unused_since":1,"modle":"m"})"), "modle: there is no such field.");
  EXPECT_EQ(said("[]"), "The body must be a JSON object.");
  EXPECT_FALSE(decode_exchange_order(R"({"trust":"yes"})"));
  EXPECT_TRUE(decode_exchange_order(R"({"trust":true,"path":null})")->trust);
}

}  // namespace
}  // namespace anyclaude
