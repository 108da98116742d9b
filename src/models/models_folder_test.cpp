#include "models/models_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "fakes/temporary_folder.h"
#include "models/model_pull.h"

namespace anyclaude {
namespace {

class ModelsFolderTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& bytes = "GGUF") {
    std::filesystem::create_directories((folder() / path).parent_path());
    std::ofstream(folder() / path) << bytes;
  }
  bool there(const std::string& path) const { return std::filesystem::exists(folder() / path); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  Error::Kind failure(const std::string& name) {
    const auto found = find_stored_model(folder(), name);
    EXPECT_FALSE(found) << name;
    return found ? Error::Kind::internal : found.error().kind;
  }

  TemporaryFolder folder_;
};

TEST_F(ModelsFolderTest, ListsModelsAndNothingElse) {
  EXPECT_TRUE(list_models(folder() / "none").empty());
  put("SmolLM2-135M-Instruct.Q4_1.gguf");
  put("fetch.lock");
  put("some-hub-folder/model.safetensors");
  put("o/r/m-Q4_K_M.gguf", "12345");
  put("o/r/m-Q4_K_M.gguf.lock");
  put("o/r/mmproj-F16.gguf");
  put("o/big/Q8_0/b-Q8_0-00001-of-00002.gguf");
  put("o/big/Q8_0/b-Q8_0-00002-of-00002.gguf", "123");
  const auto models = list_models(folder());
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0].name, "SmolLM2-135M-Instruct.Q4_1");
  EXPECT_EQ(models[0].repository, "");
  EXPECT_EQ(models[1].repository, "o/big");
  EXPECT_EQ(models[1].stem, "Q8_0/b-Q8_0");
  EXPECT_EQ(models[1].path, folder() / "o/big/Q8_0/b-Q8_0-00001-of-00002.gguf");
  EXPECT_EQ(models[1].bytes, 7u);
  EXPECT_TRUE(models[1].complete);
  EXPECT_EQ(models[2].bytes, 5u);
}

TEST_F(ModelsFolderTest, TellsWhatIsNotWhole) {
  put("o/r/m-Q4_K_M.gguf.0123456789abcdef.part", "12");
  put("o/r/b-Q8_0-00001-of-00002.gguf");
  put("o/r/b-Q8_0-00002-of-00002.gguf.0123456789abcdef.part");
  const auto models = list_models(folder());
  ASSERT_EQ(models.size(), 2u);
  for (const StoredModel& model : models) EXPECT_FALSE(model.complete) << model.name;
  EXPECT_EQ(models[0].files.size(), 2u);
  EXPECT_EQ(models[1].name, "m-Q4_K_M");
  EXPECT_EQ(models[1].bytes, 2u);
}

TEST_F(ModelsFolderTest, FindsByEachNameAndAsksWhereItFitsSeveral) {
  put("o/r/m-Q4_K_M.gguf");
  put("o/r/m-Q8_0.gguf");
  put("p/r/m-Q8_0.gguf");
  for (const char* name : {"m-Q4_K_M", "m-Q4_K_M.gguf", "o/r", "o/r:q4_k_m"}) {
    const auto found = find_stored_model(folder(), name);
    ASSERT_TRUE(found) << name << ": " << found.error().message;
    EXPECT_EQ(found->path, folder() / "o/r/m-Q4_K_M.gguf");
  }
  EXPECT_EQ(find_stored_model(folder(), "p/r")->path, folder() / "p/r/m-Q8_0.gguf");
  EXPECT_EQ(failure("m-Q8_0"), Error::Kind::invalid_request);
  EXPECT_NE(find_stored_model(folder(), "m-Q8_0").error().message.find("p/r/m-Q8_0.gguf"),
            std::string::npos);
  for (const char* name : {"", "m", "o/r:Q5_K_M", "x/y", "qwen3-4b", "../o/r"}) {
    EXPECT_EQ(failure(name), Error::Kind::not_found) << name;
  }
}

TEST_F(ModelsFolderTest, RemovesAModelWithAllThatIsOfIt) {
  put("o/r/Q8_0/b-Q8_0-00001-of-00002.gguf");
  put("o/r/Q8_0/b-Q8_0-00002-of-00002.gguf.0123456789abcdef.part");
  put("o/r/m-Q4_K_M.gguf");
  ASSERT_TRUE(remove_stored_model(folder(), *find_stored_model(folder(), "b-Q8_0")));
  EXPECT_FALSE(there("o/r/Q8_0"));
  EXPECT_TRUE(there("o/r/m-Q4_K_M.gguf"));
  const StoredModel last = *find_stored_model(folder(), "m-Q4_K_M");
  {
    const auto lock = real_files().try_lock(pull_lock(last.path));
    ASSERT_TRUE(lock && *lock);
    EXPECT_EQ(remove_stored_model(folder(), last).error().kind, Error::Kind::overloaded);
  }
  ASSERT_TRUE(remove_stored_model(folder(), last));
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
}

}  // namespace
}  // namespace anyclaude
