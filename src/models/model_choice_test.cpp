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

class MoreModelsTest : public ModelChoiceTest {
 protected:
  std::filesystem::path make(const std::string& name, size_t bytes = 4) {
    const auto path = models_folder(folders_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << std::string(bytes, 'x');
    return path;
  }

  // "name=file:bytes ...", or the error.
  std::string choose(const MoreModels& more, const std::filesystem::path& first = {}) {
    const auto all = choose_more_models(more, first, folders_);
    if (!all) return all.error().message;
    std::string text;
    for (const NamedFile& one : *all) {
      text += (text.empty() ? "" : " ") + one.name + "=" + one.path.filename().string() + ":" +
              std::to_string(one.bytes);
    }
    return text;
  }
};

TEST_F(MoreModelsTest, AreCalledAsTheyAreNamedOrAsTheirFiles) {
  make("a.gguf", 5);
  const auto path = make("o/r/b-Q4_0.gguf", 6);
  EXPECT_EQ(choose({.models = {{"small", "a"}, {"", path.string()}}}),
            "small=a.gguf:5 b-Q4_0=b-Q4_0.gguf:6");
}

TEST_F(MoreModelsTest, AllIsEveryOtherWholeModel) {
  const auto first = make("a.gguf");
  make("b.gguf");
  make("c-00001-of-00002.gguf", 5);
  make("c-00002-of-00002.gguf", 6);
  make("d-00001-of-00002.gguf");
  EXPECT_EQ(choose({.models = {{"named", "b"}}, .all = true}, first),
            "named=b.gguf:4 c=c-00001-of-00002.gguf:11");
}

TEST_F(MoreModelsTest, SaysWhatIsWrong) {
  make("a.gguf");
  make("sub/a.gguf");
  EXPECT_NE(choose({.models = {{"x", "zzz"}}}).find("models: there is no model file zzz"),
            std::string::npos);
  EXPECT_NE(choose({.all = true}).find("two are called 'a'"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
