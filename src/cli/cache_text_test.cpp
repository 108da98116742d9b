#include "cli/cache_text.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(CacheText, Stats) {
  CacheReport report{"/kv", {1 << 20, 4 << 20, 3, 1234}, {0, 1ull << 30, 0, 0}, true, ""};
  EXPECT_EQ(stats_text(report, "the server at http://127.0.0.1:8484"),
            "cache    the server at http://127.0.0.1:8484\n"
            "folder   /kv\n"
            "memory   1.0 MiB of 4.0 MiB (25 %), 1,234 tokens in 3 pieces\n"
            "disk     0 B of 1.0 GiB (0 %), 0 tokens in 0 pieces\n");
  report.writes = false;
  EXPECT_NE(stats_text(report, "/kv").find("another process writes"), std::string::npos);
  report.problem = "the disk is full";
  EXPECT_NE(stats_text(report, "/kv").find("but      the disk is full\n"), std::string::npos);
  report.disk.bytes_max = 0;
  EXPECT_NE(stats_text(report, "/kv").find("disk     none\n"), std::string::npos);
}

TEST(CacheText, Prompts) {
  PromptList list{.prompts = {{.id = "0123456789abcdef0123456789abcdef",
                               .model = "local-m",
                               .words = "What is this?",
                               .tokens = 22'882,
                               .bytes = 3 << 20,
                               .bytes_alone = 1 << 20,
                               .in_ram = true,
                               .on_disk = true,
                               .last_used_s = 1000,
                               .hits = 12},
                              {.id = "fedcba98765432100123456789abcdef",
                               .model = "local-m",
                               .sharing = "group team",
                               .words = "Hi",
                               .tokens = 5,
                               .on_disk = true,
                               .imported = true,
                               .pinned = true,
                               .last_used_s = 2000}},
                  .count = 7};
  EXPECT_EQ(prompts_text(list, 1060),
            "ID          USED    TOKENS     SIZE    ALONE  HITS  "
            "WHERE                   MODEL                   BEGINS WITH\n"
            "0123456789  1m ago  22,882  3.0 MiB  1.0 MiB    12  "
            "RAM+disk                local-m                 What is this?\n"
            "fedcba9876  0s ago       5      0 B      0 B     0  "
            "disk, imported, pinned  local-m for group team  Hi\n"
            "and 5 more (--limit)\n");
  EXPECT_EQ(prompts_text({}, 0), "nothing is stored\n");
}

// Words of a prompt are a stranger's: they neither break the table nor reach the terminal.
TEST(CacheText, WordsStayOnTheirLine) {
  PromptList list{.prompts = {{.words = "a\x1b[31mb\nc\x7f" + std::string(100, 'x')}}, .count = 1};
  const std::string text = prompts_text(list, 0);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find("a [31mb c x"), std::string::npos);
  EXPECT_TRUE(text.ends_with("x...\n"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(CacheText, Outcomes) {
  EXPECT_EQ(verify_text({.pieces = 3, .bytes = 1024}), "3 pieces read, 1.0 KiB: all are right\n");
  EXPECT_NE(verify_text({.pieces = 3, .wrong = 2}).find("2 were wrong"), std::string::npos);
  EXPECT_EQ(prune_text({.bytes = 1024}), "1.0 KiB freed\n");
  EXPECT_EQ(prune_text({}), "there was nothing to throw out\n");
  const ExchangeReport report{"m", "", "Hi", 50, 2048, 2, 1};
  EXPECT_EQ(export_text(report, "/f", true),
            "50 tokens of m in 2 pieces, 2.0 KiB: Hi\nwritten to /f, signed with the team's key\n");
  EXPECT_NE(export_text(report, "/f", false).find("ANYCLAUDE_TEAM_KEY"), std::string::npos);
  EXPECT_NE(import_text(report).find("1 pieces are new"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
