#include "cli/model_choice.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

class ModelChoiceTest : public testing::Test {
 protected:
  std::string message(const std::string& model) {
    const auto choice = choose_model(model, folders_);
    return choice ? std::string() : choice.error().message;
  }

  TemporaryFolder folder_;
  Folders folders_ = {{}, folder_.path() / "cache", {}, {}};
};

TEST_F(ModelChoiceTest, TakesAFile) {
  const auto path = folder_.path() / "m.gguf";
  std::ofstream(path) << "GGUF";
  EXPECT_EQ(choose_model(path.string(), folders_)->path, path);
  EXPECT_FALSE(choose_model(path.string(), folders_)->none);
}

TEST_F(ModelChoiceTest, TakesTheDefaultWhereItIs) {
  EXPECT_NE(message("").find("scripts/setup/models.sh"), std::string::npos);
  EXPECT_NE(message("").find("--model PATH"), std::string::npos);
  std::filesystem::create_directories(default_model(folders_).parent_path());
  std::ofstream(default_model(folders_)) << "GGUF";
  EXPECT_EQ(choose_model("", folders_)->path, default_model(folders_));
}

TEST_F(ModelChoiceTest, NoneIsNoFile) { EXPECT_TRUE(choose_model("none", folders_)->none); }

TEST_F(ModelChoiceTest, RefusesWhatIsNotThere) {
  EXPECT_NE(message("/no/such.gguf").find("no model file /no/such.gguf"), std::string::npos);
  EXPECT_NE(message(folder_.path().string()).find("no model file"), std::string::npos);
  for (const char* name : {"owner/repo", "bartowski/Qwen2.5-7B_GGUF:Q4_K_M"}) {
    EXPECT_NE(message(name).find("--model PATH"), std::string::npos) << name;
    EXPECT_NE(message(name).find("hub"), std::string::npos) << name;
  }
  for (const char* name : {"owner/", "/repo", "a/b/c", "a b/c", "word"}) {
    EXPECT_EQ(message(name).find("hub"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace anyclaude
