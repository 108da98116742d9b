#include "config/models_command_line.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

using Action = ModelsCommand::Action;

class ModelsCommandLineTest : public testing::Test {
 protected:
  std::variant<Config, Answer> read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "models");
    environment_["HOME"] = folder_.path().string();
    return read_config(arguments, environment_);
  }
  Config accept(const std::vector<std::string>& arguments) {
    auto read_one = read(arguments);
    if (const auto* answer = std::get_if<Answer>(&read_one)) {
      ADD_FAILURE() << answer->text;
      return {};
    }
    EXPECT_EQ(std::get<Config>(read_one).command, CommandName::models);
    return std::get<Config>(std::move(read_one));
  }
  // The message of a refusal; empty if it was none.
  std::string refusal(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    const auto* answer = std::get_if<Answer>(&read_one);
    return answer == nullptr || answer->exit_code != 1 ? std::string() : answer->text;
  }

  TemporaryFolder folder_;
  Environment environment_;
};

TEST_F(ModelsCommandLineTest, TakesEachActionAndListsWithoutOne) {
  EXPECT_EQ(accept({}).models_command.action, Action::list);
  EXPECT_TRUE(accept({"ls", "--available", "--json"}).models_command.available);
  EXPECT_TRUE(accept({"ls", "--json"}).json);
  const ModelsCommand pull = accept({"pull", "o/r:Q4_K_M"}).models_command;
  EXPECT_EQ(pull.action, Action::pull);
  EXPECT_EQ(pull.name, "o/r:Q4_K_M");
  const ModelsCommand remove = accept({"rm", "--force", "m"}).models_command;
  EXPECT_EQ(remove.action, Action::remove);
  EXPECT_EQ(remove.name, "m");
  EXPECT_TRUE(remove.force);
}

TEST_F(ModelsCommandLineTest, RefusesWhatCannotBe) {
  EXPECT_NE(refusal({"pull"}).find("takes the name of a model"), std::string::npos);
  EXPECT_NE(refusal({"rm"}).find("takes the name of a model"), std::string::npos);
  EXPECT_NE(refusal({"pul", "x"}).find("Did you mean pull?"), std::string::npos);
  EXPECT_NE(refusal({"pull", "a", "b"}).find("unknown"), std::string::npos);
  EXPECT_NE(refusal({"ls", "--force"}).find("models --help"), std::string::npos);
}

TEST_F(ModelsCommandLineTest, KnowsTheHubByTheNamesThatOthersGaveIt) {
  EXPECT_EQ(accept({}).hub.url, "https://huggingface.co");
  environment_ = {{"HF_ENDPOINT", "http://mirror.lan:8080/hf/"}, {"HF_TOKEN", "hf_secret"}};
  const Config config = accept({"pull", "x"});
  EXPECT_EQ(config.hub.url, "http://mirror.lan:8080/hf");
  EXPECT_EQ(config.hub.token, "hf_secret");
  EXPECT_TRUE(config.engine_settings.empty()) << "no server differs by it";
  environment_ = {{"HF_ENDPOINT", "ftp://mirror"}};
  EXPECT_NE(refusal({}).find("HF_ENDPOINT"), std::string::npos);
}

TEST_F(ModelsCommandLineTest, HasAHelpWithinEightyColumns) {
  const auto answer = read({"--help"});
  const std::string& text = std::get<Answer>(answer).text;
  EXPECT_EQ(text, models_help_text());
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    EXPECT_LE(end - start, 80u) << text.substr(start, end - start);
  }
  for (const auto& [name, action] : models_actions()) {
    EXPECT_NE(text.find("anyclaude models " + std::string(name)), std::string::npos);
  }
}

}  // namespace
}  // namespace anyclaude
