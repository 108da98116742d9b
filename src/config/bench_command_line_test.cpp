#include "config/bench_command_line.h"

#include <gtest/gtest.h>

#include "config/command_line.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

class BenchCommandLineTest : public testing::Test {
 protected:
  std::variant<Config, Answer> read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    return read_config(arguments, environment_);
  }
  BenchCommand accept(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    if (const auto* answer = std::get_if<Answer>(&read_one)) {
      ADD_FAILURE() << answer->text;
      return {};
    }
    EXPECT_EQ(std::get<Config>(read_one).command, CommandName::bench);
    return std::get<Config>(read_one).bench_command;
  }
  // The message of a refusal; empty if it was none.
  std::string refusal(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    const auto* answer = std::get_if<Answer>(&read_one);
    return answer == nullptr || answer->exit_code != 1 ? std::string() : answer->text;
  }

  TemporaryFolder folder_;
  Environment environment_{{"HOME", folder_.path().string()}};
};

TEST_F(BenchCommandLineTest, MeasuresASessionOfTheUsualLength) {
  const BenchCommand command = accept({});
  EXPECT_EQ(command.rounds, 3u);
  EXPECT_EQ(command.prompt_tokens, 15'000u);
  EXPECT_EQ(command.time_max, std::chrono::minutes(15));
  EXPECT_TRUE(command.against.empty());
  EXPECT_TRUE(command.output.empty());
}

TEST_F(BenchCommandLineTest, TakesWhatIsGiven) {
  environment_["ANYCLAUDE_AGAINST_KEY"] = "secret";
  const BenchCommand command =
      accept({"--against", "http://localhost:9001", "--against=localhost:1234/v1#model=m",
              "--rounds", "5", "--tokens", "20000", "--time-limit", "2h", "--output", "~/report"});
  EXPECT_EQ(command.against,
            (std::vector<std::string>{"http://localhost:9001", "localhost:1234/v1#model=m"}));
  EXPECT_EQ(command.rounds, 5u);
  EXPECT_EQ(command.prompt_tokens, 20'000u);
  EXPECT_EQ(command.time_max, std::chrono::hours(2));
  EXPECT_EQ(command.output, folder_.path() / "report");
  EXPECT_EQ(command.against_key, "secret");
}

TEST_F(BenchCommandLineTest, IsQuickButForWhatIsGiven) {
  EXPECT_EQ(accept({"--quick"}).rounds, 1u);
  EXPECT_EQ(accept({"--quick"}).prompt_tokens, 600u);
  EXPECT_EQ(accept({"--quick", "--rounds", "2"}).rounds, 2u);
  EXPECT_EQ(accept({"--quick", "--rounds", "2"}).prompt_tokens, 600u);
}

TEST_F(BenchCommandLineTest, TakesTheSettingsOfAServer) {
  const auto both = read({"--threads", "3", "--quick", "--json"});
  ASSERT_TRUE(std::holds_alternative<Config>(both));
  EXPECT_EQ(std::get<Config>(both).embedded.threads, 3u);
  EXPECT_TRUE(std::get<Config>(both).json);
  EXPECT_EQ(std::get<Config>(both).server_flags, std::vector<std::string>{"--threads=3"});
}

TEST_F(BenchCommandLineTest, RefusesWhatCannotBe) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--rounds", "0"}, "--rounds: a number from 1 to 50"},
      {{"--rounds", "many"}, "--rounds: a number"},
      {{"--tokens", "10"}, "--tokens: a number from 500"},
      {{"--time-limit", "soon"}, "--time-limit: a time"},
      {{"--time-limit", "0"}, "--time-limit: a time"},
      {{"--against", "ftp://x"}, "--against ftp://x"},
      {{"--against", "a:1", "--against", "a:2", "--against", "a:3", "--against", "a:4", "--against",
        "a:5"},
       "4 servers at most"},
      {{"--agianst", "http://localhost:1"}, "Did you mean --against?"},
      {{"--", "-p"}, "takes no arguments for claude"}};
  for (const auto& [arguments, message] : cases) {
    EXPECT_NE(refusal(arguments).find(message), std::string::npos)
        << message << " in: " << refusal(arguments);
  }
}

TEST_F(BenchCommandLineTest, HasHelpOfItsOwn) {
  const auto answer = read({"--help"});
  const std::string help = std::get<Answer>(answer).text;
  size_t flags = 0;
  for (const CommandWords& command : command_words().commands) {
    if (command.name != "bench") continue;
    for (const WordHelp& flag : command.flags) {
      EXPECT_NE(help.find("  " + flag.name), std::string::npos) << flag.name;
      ++flags;
    }
  }
  EXPECT_EQ(flags, 6u);
  for (size_t start = 0; start < help.size();) {
    const size_t end = help.find('\n', start);
    EXPECT_LE(end - start, 80u) << help.substr(start, end - start);
    start = end + 1;
  }
}

}  // namespace
}  // namespace anyclaude
