#include "cli/doctor_checks.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

using Level = Check::Level;

// A machine on which all is well.
DoctorFacts good_facts() {
  DoctorFacts facts;
  facts.client = "/usr/bin/claude";
  facts.model_path = "/models/m.gguf";
  facts.model = ModelSurvey{"M", "llama", 65'536, 1 << 30, true};
  facts.chat_template = PromptMaker::Findings{{"tool calls", "one in a turn"}, {"thinking", "no"}};
  facts.memory_bytes = 16ull << 30;
  facts.machine.cores = 8;
  facts.port = 8484;
  return facts;
}

Check check_named(const DoctorFacts& facts, const std::string& name) {
  for (const Check& check : examine(facts)) {
    if (check.name == name) return check;
  }
  ADD_FAILURE() << "no check " << name;
  return {};
}

bool has_check(const DoctorFacts& facts, const std::string& name) {
  for (const Check& check : examine(facts)) {
    if (check.name == name) return true;
  }
  return false;
}

TEST(DoctorChecks, NamesTheModelsThatAreLoadedOnDemand) {
  DoctorFacts facts = good_facts();
  facts.more_models = {{"small", ModelSurvey{"S", "qwen3", 32'768, 2ull << 30, true}}};
  EXPECT_EQ(check_named(facts, "models").text, "on demand: small (qwen3, 2.0 GiB)");
  EXPECT_EQ(check_named(facts, "models").level, Level::ok);
  facts.more_models[0].second->bytes = 15ull << 30;
  EXPECT_EQ(check_named(facts, "models").level, Level::ok);
  facts.more_models[0].second->bytes += 1;
  EXPECT_EQ(check_named(facts, "models").level, Level::warn);
  facts.more_models.push_back({"big", fail(Error::Kind::not_found, "there is no file big.gguf")});
  EXPECT_EQ(check_named(facts, "models").text, "big: there is no file big.gguf");
  EXPECT_EQ(check_named(facts, "models").level, Level::fail);
}

TEST(Doctor, FindsNothingWhereAllIsWell) {
  const auto checks = examine(good_facts());
  EXPECT_GE(checks.size(), 7u);
  for (const Check& check : checks) {
    EXPECT_EQ(check.level, Level::ok) << check.name << ": " << check.text;
    EXPECT_EQ(check.advice, "") << check.name;
  }
  EXPECT_FALSE(any_failed(checks));
}

TEST(Doctor, NeedsTheClient) {
  DoctorFacts facts = good_facts();
  facts.client = fail(Error::Kind::not_found, "install it");
  EXPECT_EQ(check_named(facts, "claude").level, Level::fail);
  EXPECT_EQ(check_named(facts, "claude").text, "install it");
  EXPECT_TRUE(any_failed(examine(facts)));
}

TEST(Doctor, NeedsNodeOnlyForAScript) {
  DoctorFacts facts = good_facts();
  EXPECT_FALSE(has_check(facts, "node"));
  facts.client_needs_node = true;
  EXPECT_EQ(check_named(facts, "node").level, Level::fail);
  facts.node_major = 18;
  EXPECT_EQ(check_named(facts, "node").level, Level::warn);
  facts.node_major = 22;
  EXPECT_EQ(check_named(facts, "node").level, Level::ok);
}

TEST(Doctor, TellsWhatTheChatTemplateDoes) {
  DoctorFacts facts = good_facts();
  EXPECT_EQ(check_named(facts, "template").text, "tool calls: one in a turn\nthinking: no");
  facts.chat_template = fail(Error::Kind::invalid_request, "it cannot be read");
  EXPECT_EQ(check_named(facts, "template").level, Level::fail);
  EXPECT_NE(check_named(facts, "template").advice.find("--chat-template"), std::string::npos);
  facts.model = fail(Error::Kind::invalid_request, "/m is not a GGUF file");
  EXPECT_FALSE(has_check(facts, "template"));
}

TEST(Doctor, NeedsAModelFile) {
  DoctorFacts facts = good_facts();
  facts.model_path = fail(Error::Kind::not_found, "fetch it");
  facts.model = fail(Error::Kind::not_found, "fetch it");
  EXPECT_EQ(check_named(facts, "model").level, Level::fail);
  EXPECT_EQ(check_named(facts, "model").text, "fetch it");
  EXPECT_FALSE(has_check(facts, "context"));
  facts.model_path = "/m";
  facts.model = fail(Error::Kind::invalid_request, "/m is not a GGUF file");
  EXPECT_EQ(check_named(facts, "model").level, Level::fail);
  facts.without_model = true;
  EXPECT_EQ(check_named(facts, "model").level, Level::warn);
  EXPECT_FALSE(has_check(facts, "context"));
}

TEST(Doctor, ModelsLargerThanMemoryAreSlow) {
  DoctorFacts facts = good_facts();
  facts.memory_bytes = 1 << 20;
  EXPECT_EQ(check_named(facts, "model").level, Level::warn);
  facts.memory_bytes = 0;  // not known
  EXPECT_EQ(check_named(facts, "model").level, Level::ok);
  facts.model->has_chat_template = false;
  EXPECT_EQ(check_named(facts, "model").level, Level::warn);
}

TEST(Doctor, ComparesTheContextWithThePrompt) {
  const auto level_at = [](uint32_t context) {
    DoctorFacts facts = good_facts();
    facts.model->context_trained = context;
    return check_named(facts, "context").level;
  };
  EXPECT_EQ(level_at(4'096), Level::fail);
  EXPECT_EQ(level_at(8'192), Level::warn);
  EXPECT_EQ(level_at(20'480), Level::warn);
  EXPECT_EQ(level_at(32'768), Level::ok);
  EXPECT_EQ(level_at(0), Level::warn);
}

TEST(Doctor, TheRunningContextCountsMostThenTheWantedOne) {
  DoctorFacts facts = good_facts();
  facts.context_wanted = 4'096;
  EXPECT_EQ(check_named(facts, "context").level, Level::fail);
  facts.context_running = 65'536;
  EXPECT_EQ(check_named(facts, "context").level, Level::ok);
  EXPECT_NE(check_named(facts, "context").text.find("65,536"), std::string::npos);
}

TEST(Doctor, SaysWhatAGpuWouldDo) {
  DoctorFacts facts = good_facts();
  facts.gpu_present = "an NVIDIA GPU";
  EXPECT_EQ(check_named(facts, "gpu").level, Level::warn);
  EXPECT_NE(check_named(facts, "gpu").advice.find("ANYCLAUDE_GPU"), std::string::npos);
  facts.machine.gpus = {"NVIDIA H200"};
  EXPECT_EQ(check_named(facts, "gpu").level, Level::ok);
  EXPECT_EQ(check_named(facts, "gpu").text, "NVIDIA H200");
}

TEST(Doctor, ThreadsShouldBeTheCores) {
  DoctorFacts facts = good_facts();
  for (const uint32_t threads : {4u, 16u}) {
    facts.threads_wanted = threads;
    EXPECT_EQ(check_named(facts, "threads").level, Level::warn);
  }
  facts.threads_wanted = 8;
  EXPECT_EQ(check_named(facts, "threads").level, Level::ok);
}

TEST(Doctor, FoldersMustBeWritable) {
  DoctorFacts facts = good_facts();
  facts.folders = {"/a cannot be written", "/b cannot be written"};
  EXPECT_EQ(check_named(facts, "folders").level, Level::fail);
  EXPECT_EQ(check_named(facts, "folders").text, "/a cannot be written; /b cannot be written");
}

TEST(Doctor, ThePortMustBeFreeOrOurs) {
  DoctorFacts facts = good_facts();
  facts.port_error = Error{Error::Kind::io, "taken"};
  EXPECT_EQ(check_named(facts, "server").level, Level::fail);
  facts.server_url = "http://127.0.0.1:8484";
  EXPECT_EQ(check_named(facts, "server").level, Level::ok);
  facts.server_url.clear();
  facts.port_error.reset();
  facts.bind_error = Error{Error::Kind::permission, "needs a key"};
  EXPECT_EQ(check_named(facts, "server").text, "needs a key");
  EXPECT_EQ(check_named(facts, "server").level, Level::fail);
}

TEST(Doctor, AsksForNoModelBesideAnotherServer) {
  DoctorFacts facts = good_facts();
  facts.model_path = fail(Error::Kind::not_found, "no model");
  EXPECT_TRUE(any_failed(examine(facts)));
  facts.backend = BackendFacts{.name = "openai", .url = "http://box.lan:80"};
  facts.backend->server->models = {{"m"}};
  facts.backend->server->model = "m";
  facts.backend->server->context_tokens = 100'000;
  EXPECT_FALSE(any_failed(examine(facts))) << checks_text(examine(facts));
  EXPECT_FALSE(has_check(facts, "model"));
  EXPECT_TRUE(has_check(facts, "backend"));
  EXPECT_TRUE(has_check(facts, "folders"));
}

}  // namespace
}  // namespace anyclaude
