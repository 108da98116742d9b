#include "cli/backend_checks.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using Level = Check::Level;

// mlx-lm runs on this machine, and all is well.
BackendFacts good_facts() {
  BackendFacts facts;
  facts.name = "mlx-lm";
  facts.url = "http://localhost:8081";
  facts.host = "localhost";
  facts.port = 8081;
  facts.here = true;
  facts.server->models = {{"/m/qwen", 65'536}, {"other"}};
  facts.server->model = "/m/qwen";
  facts.server->context_tokens = 65'536;
  facts.pythons = {{"/usr/bin/python3", 3, 9, "", true}, {"/venv/bin/python3", 3, 12, "0.32.2"}};
  facts.venv = "/cache/mlx-lm";
  return facts;
}

// Nothing of it is there but a Python.
BackendFacts bare_facts() {
  BackendFacts facts = good_facts();
  facts.server = fail(Error::Kind::upstream, "Nothing answers at http://localhost:8081.");
  facts.pythons = {{"/usr/bin/python3", 3, 9, "", true}, {"/opt/python3.11", 3, 11, "", true}};
  facts.model_wanted = "/m/qwen";
  return facts;
}

const Check* find_check(const std::vector<Check>& checks, std::string_view name) {
  for (const Check& check : checks) {
    if (check.name == name) return &check;
  }
  return nullptr;
}

Check check_named(const BackendFacts& facts, std::string_view name) {
  const auto checks = examine_backend(facts);
  const Check* check = find_check(checks, name);
  if (check == nullptr) ADD_FAILURE() << "no check " << name;
  return check == nullptr ? Check() : *check;
}

std::vector<std::string> commands_of(const Check& check) {
  std::vector<std::string> out;
  for (const Remedy& remedy : check.remedies) out.push_back(command_text(remedy));
  return out;
}

TEST(BackendChecks, FindNothingWhereAllIsWell) {
  const auto checks = examine_backend(good_facts());
  EXPECT_EQ(checks.size(), 5u);
  for (const Check& check : checks) {
    EXPECT_EQ(check.level, Level::ok) << check.name << ": " << check.text;
    EXPECT_EQ(check.advice, "") << check.name;
    EXPECT_TRUE(check.remedies.empty()) << check.name;
  }
  EXPECT_EQ(check_named(good_facts(), "mlx-lm").text,
            "mlx-lm 0.32.2 for Python 3.12 at /venv/bin/python3");
  EXPECT_EQ(check_named(good_facts(), "backend").text,
            "answers at http://localhost:8081\n/m/qwen (answers)\nother");
}

TEST(BackendChecks, NameTheCommandsForAllThatIsMissing) {
  const BackendFacts facts = bare_facts();
  EXPECT_EQ(check_named(facts, "python").text, "3.11 at /opt/python3.11");
  EXPECT_EQ(check_named(facts, "mlx-lm").level, Level::fail);
  EXPECT_EQ(commands_of(check_named(facts, "mlx-lm")),
            (std::vector<std::string>{
                "/opt/python3.11 -m venv /cache/mlx-lm",
                "/cache/mlx-lm/bin/python3 -m pip install --upgrade 'mlx[cpu]' mlx-lm"}));
  EXPECT_EQ(check_named(facts, "model").level, Level::ok);
  const Check server = check_named(facts, "backend");
  EXPECT_EQ(server.level, Level::fail);
  EXPECT_EQ(server.text, "Nothing answers at http://localhost:8081.");
  EXPECT_EQ(commands_of(server),
            std::vector<std::string>{
                "/cache/mlx-lm/bin/python3 -m mlx_lm server --model /m/qwen --port 8081"});
  EXPECT_TRUE(server.remedies.front().stays);
}

TEST(BackendChecks, TakeThePackageForThisMachine) {
  BackendFacts facts = bare_facts();
  const auto installs = [&] { return commands_of(check_named(facts, "mlx-lm")).back(); };
  facts.has_nvidia = true;
  EXPECT_TRUE(installs().ends_with("'mlx[cuda]' mlx-lm")) << installs();
  facts.is_mac = true;
  EXPECT_TRUE(installs().ends_with("--upgrade mlx-lm")) << installs();
}

TEST(BackendChecks, StartWithThePythonThatHasThePackage) {
  BackendFacts facts = bare_facts();
  facts.pythons = good_facts().pythons;
  EXPECT_EQ(check_named(facts, "mlx-lm").level, Level::ok);
  EXPECT_EQ(
      commands_of(check_named(facts, "backend")),
      std::vector<std::string>{"/venv/bin/python3 -m mlx_lm server --model /m/qwen --port 8081"});
}

TEST(BackendChecks, NeedAPythonThatIsNewEnoughAndMakesVenvs) {
  BackendFacts facts = bare_facts();
  facts.pythons.pop_back();
  EXPECT_EQ(check_named(facts, "python").level, Level::fail);
  EXPECT_EQ(check_named(facts, "python").text, "only older ones: 3.9 at /usr/bin/python3");
  EXPECT_TRUE(check_named(facts, "mlx-lm").remedies.empty());
  EXPECT_TRUE(check_named(facts, "backend").remedies.empty());
  facts.pythons = {{"/usr/bin/python3", 3, 11, "", false}};
  EXPECT_EQ(check_named(facts, "python").level, Level::fail);
  facts.pythons.clear();
  EXPECT_EQ(check_named(facts, "python").text, "none found");
}

TEST(BackendChecks, NeedAModel) {
  BackendFacts facts = bare_facts();
  facts.model_fault = "it has no config.json";
  EXPECT_EQ(check_named(facts, "model").text, "/m/qwen is no model: it has no config.json");
  EXPECT_TRUE(check_named(facts, "backend").remedies.empty());
  facts.model_fault.clear();
  facts.model_wanted.clear();
  EXPECT_EQ(check_named(facts, "model").level, Level::fail);
  EXPECT_TRUE(check_named(facts, "backend").remedies.empty());
  facts.models_fetched = {"owner/name"};
  EXPECT_EQ(check_named(facts, "model").text, "owner/name, in the hub's cache here");
  EXPECT_EQ(commands_of(check_named(facts, "backend")).size(), 1u);
  facts.model_wanted = "owner/other";
  EXPECT_EQ(check_named(facts, "model").text,
            "owner/other, which is fetched when the server starts");
}

TEST(BackendChecks, AskForNoPackageWhereAServerAnswers) {
  BackendFacts facts = good_facts();
  facts.pythons.clear();
  for (const Check& check : examine_backend(facts)) EXPECT_EQ(check.level, Level::ok) << check.text;
  facts.here = false;
  facts.server = fail(Error::Kind::upstream, "Nothing answers.");
  const auto checks = examine_backend(facts);
  EXPECT_EQ(checks.size(), 1u) << checks_text(checks);
  EXPECT_EQ(checks.front().advice, "start it there, or set another address");
}

TEST(BackendChecks, TellWhatTheServerHas) {
  BackendFacts facts = good_facts();
  facts.tools = false;
  EXPECT_EQ(check_named(facts, "tools").text, "it has none: they are told in words");
  EXPECT_EQ(check_named(facts, "tools").level, Level::ok);
  facts.tools = fail(Error::Kind::not_found, "The server counts no tokens.");
  EXPECT_EQ(check_named(facts, "tools").level, Level::warn);
  facts.tools = fail(Error::Kind::upstream, "It does not answer for the model.");
  EXPECT_EQ(check_named(facts, "tools").level, Level::fail);
  EXPECT_EQ(check_named(facts, "tools").text, "It does not answer for the model.");
  facts.server->images = true;
  EXPECT_EQ(check_named(facts, "images").text, "the model sees them");
  facts.server->context_tokens = 4'096;  // LM Studio's own choice
  EXPECT_EQ(check_named(facts, "context").level, Level::fail);
  facts.server->context_tokens = 0;
  EXPECT_EQ(check_named(facts, "context").level, Level::warn);
  facts.server->model = "unlisted";
  EXPECT_EQ(check_named(facts, "backend").level, Level::warn);
}

TEST(BackendChecks, LmStudioIsStartedByItsProgram) {
  BackendFacts facts = bare_facts();
  facts.name = "lmstudio";
  facts.port = 1234;
  EXPECT_EQ(check_named(facts, "lms").level, Level::fail);
  EXPECT_TRUE(check_named(facts, "backend").remedies.empty());
  facts.lms = "/home/u/.lmstudio/bin/lms";
  EXPECT_EQ(check_named(facts, "lms").level, Level::ok);
  const Check server = check_named(facts, "backend");
  EXPECT_EQ(commands_of(server),
            std::vector<std::string>{"/home/u/.lmstudio/bin/lms server start --port 1234"});
  EXPECT_FALSE(server.remedies.front().stays);
  EXPECT_EQ(find_check(examine_backend(facts), "python"), nullptr);
}

TEST(BackendChecks, VllmWantsAGpuAndItsToolsTurnedOn) {
  BackendFacts facts = bare_facts();
  facts.name = "vllm";
  EXPECT_TRUE(check_named(facts, "vllm").remedies.empty());
  facts.has_nvidia = true;
  EXPECT_EQ(commands_of(check_named(facts, "vllm")).size(), 2u);
  const auto start = commands_of(check_named(facts, "backend"));
  ASSERT_EQ(start.size(), 1u);
  EXPECT_NE(start.front().find("--enable-auto-tool-choice"), std::string::npos) << start.front();
  facts.server = good_facts().server;
  facts.tools = false;
  EXPECT_EQ(check_named(facts, "tools").level, Level::warn);
}

}  // namespace
}  // namespace anyclaude
