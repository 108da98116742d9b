#include "config/cache_command_line.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using Action = CacheCommand::Action;

class CacheCommandLineTest : public testing::Test {
 protected:
  std::variant<Config, Answer> read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "cache");
    return read_config(arguments, {{"HOME", folder_.path().string()}});
  }
  CacheCommand accept(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    if (const auto* answer = std::get_if<Answer>(&read_one)) {
      ADD_FAILURE() << answer->text;
      return {};
    }
    EXPECT_EQ(std::get<Config>(read_one).command, CommandName::cache);
    return std::get<Config>(read_one).cache_command;
  }
  // The message of a refusal; empty if it was none.
  std::string refusal(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    const auto* answer = std::get_if<Answer>(&read_one);
    return answer == nullptr || answer->exit_code != 1 ? std::string() : answer->text;
  }

  TemporaryFolder folder_;
};

TEST_F(CacheCommandLineTest, TakesEachActionAndShowsSizesWithoutOne) {
  EXPECT_EQ(accept({}).action, Action::stats);
  EXPECT_EQ(accept({"stats"}).action, Action::stats);
  EXPECT_EQ(accept({"verify"}).action, Action::verify);
  EXPECT_EQ(accept({"ls"}).action, Action::list);
  EXPECT_EQ(accept({"ls"}).prompts_max, 50u);
  EXPECT_EQ(accept({"ls", "--limit", "7"}).prompts_max, 7u);
  const auto both_sides = read({"ls", "--json", "--port", "9"});
  ASSERT_TRUE(std::holds_alternative<Config>(both_sides));
  EXPECT_TRUE(std::get<Config>(both_sides).json);
  EXPECT_EQ(std::get<Config>(both_sides).http.port, 9);
}

TEST_F(CacheCommandLineTest, TakesWhatIsToGo) {
  EXPECT_EQ(accept({"prune", "--to", "2GiB"}).disk_bytes_max, 2ull << 30);
  EXPECT_EQ(accept({"prune", "--prompt", "12ab"}).prompt, "12ab");
  const CacheCommand both = accept({"prune", "--unused-for", "30d", "--of", "local-m"});
  EXPECT_EQ(both.action, Action::prune);
  EXPECT_EQ(both.unused_for, std::chrono::hours(30 * 24));
  EXPECT_EQ(both.model, "local-m");
  EXPECT_FALSE(both.disk_bytes_max);
}

TEST_F(CacheCommandLineTest, TakesWhatIsKept) {
  EXPECT_EQ(accept({"pin", "12ab"}).action, Action::pin);
  EXPECT_EQ(accept({"unpin", "12ab"}).action, Action::unpin);
  EXPECT_EQ(accept({"unpin", "12ab"}).prompt, "12ab");
  EXPECT_NE(refusal({"pin"}).find("cache pin takes the prompt's id"), std::string::npos);
}

// A prune that is not understood must throw out nothing.
TEST_F(CacheCommandLineTest, RefusesToGuessWhatIsToGo) {
  const std::vector<std::vector<std::string>> wrong = {
      {"prune"},
      {"prune", "--to", "much"},
      {"prune", "--unused-for", "-3d"},
      {"prune", "--to", "1GiB", "--prompt", "12ab"},
      {"prune", "--to", "1GiB", "--of", "local-m"},
      {"prune", "12ab"}};
  for (const auto& arguments : wrong) EXPECT_NE(refusal(arguments), "") << arguments.back();
  EXPECT_NE(refusal({"prune"}).find("--unused-for"), std::string::npos);
}

TEST_F(CacheCommandLineTest, TakesFilesFromWhereItStands) {
  const CacheCommand out = accept({"export", "12ab", "prompt.anykv"});
  EXPECT_EQ(out.action, Action::export_prompt);
  EXPECT_EQ(out.prompt, "12ab");
  EXPECT_EQ(out.file, std::filesystem::current_path() / "prompt.anykv");
  const CacheCommand in = accept({"import", "--trust", "/tmp/prompt.anykv"});
  EXPECT_EQ(in.action, Action::import_prompt);
  EXPECT_EQ(in.file, "/tmp/prompt.anykv");
  EXPECT_TRUE(in.trust);
  EXPECT_FALSE(accept({"import", "/tmp/prompt.anykv"}).trust);
}

TEST_F(CacheCommandLineTest, SaysWhatIsMissingOrUnknown) {
  EXPECT_NE(refusal({"export", "12ab"}).find("the file to write"), std::string::npos);
  EXPECT_NE(refusal({"import"}).find("the file to read"), std::string::npos);
  EXPECT_NE(refusal({"ls", "--limit", "10001"}).find("10000"), std::string::npos);
  EXPECT_NE(refusal({"ls", "--limit", "x"}), "");
  EXPECT_NE(refusal({"verfy"}).find("verify"), std::string::npos);
}

TEST_F(CacheCommandLineTest, HelpExplainsEveryAction) {
  const auto help = read({"prune", "--help"});
  ASSERT_TRUE(std::holds_alternative<Answer>(help));
  EXPECT_EQ(std::get<Answer>(help).exit_code, 0);
  EXPECT_EQ(std::get<Answer>(help).text, cache_help_text());
  for (const auto& [name, action] : cache_actions()) {
    EXPECT_NE(cache_help_text().find("anyclaude cache " + std::string(name)), std::string::npos)
        << name;
  }
}

}  // namespace
}  // namespace anyclaude
