#include "models/model_choice.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fakes/temporary_folder.h"
#include "models/models_folder.h"

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

TEST_F(ModelChoiceTest, TakesTheNameOfAPulledModel) {
  const auto folder = models_folder(folders_) / "ggml-org" / "gpt-oss-20b-GGUF";
  std::filesystem::create_directories(folder);
  const auto path = folder / "gpt-oss-20b-mxfp4.gguf";
  std::ofstream(path) << "GGUF";
  for (const char* name :
       {"gpt-oss-20b", "ggml-org/gpt-oss-20b-GGUF", "ggml-org/gpt-oss-20b-GGUF:MXFP4",
        "ggml-org/gpt-oss-20b-GGUF/gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b-mxfp4",
        "gpt-oss-20b-mxfp4.gguf"}) {
    const auto choice = choose_model(name, folders_);
    ASSERT_TRUE(choice) << name << ": " << choice.error().message;
    EXPECT_EQ(choice->path, path);
  }
}

TEST_F(ModelChoiceTest, TellsHowToGetWhatIsNotThereWhole) {
  EXPECT_NE(message("qwen3-4b").find("`anyclaude models pull qwen3-4b` fetches"),
            std::string::npos);
  const auto folder = models_folder(folders_) / "o" / "r";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "m-Q8_0.gguf.0123456789abcdef.part") << "GG";
  EXPECT_NE(message("o/r:Q8_0").find("`anyclaude models pull o/r:Q8_0` goes on"),
            std::string::npos);
}

TEST_F(ModelChoiceTest, RefusesWhatIsNotThere) {
  EXPECT_NE(message("/no/such.gguf").find("no model file /no/such.gguf"), std::string::npos);
  EXPECT_NE(message(folder_.path().string()).find("no model file"), std::string::npos);
  for (const char* name : {"owner/repo", "bartowski/Qwen2.5-7B_GGUF:Q4_K_M"}) {
    EXPECT_NE(message(name).find("models pull " + std::string(name)), std::string::npos) << name;
  }
  for (const char* name : {"owner/", "/repo", "a/b/c", "a b/c", "word"}) {
    EXPECT_EQ(message(name).find("models pull"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace anyclaude
