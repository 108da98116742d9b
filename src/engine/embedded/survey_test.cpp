#include "engine/embedded/survey.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

// The bytes of a GGUF (version 3, little-endian) that holds metadata alone.
class GgufBytes {
 public:
  void add_text(std::string_view key, std::string_view value) {
    add_string(key);
    add_number<uint32_t>(8);  // string
    add_string(value);
    ++entries_;
  }
  void add_count(std::string_view key, uint32_t value) {
    add_string(key);
    add_number<uint32_t>(4);  // uint32
    add_number(value);
    ++entries_;
  }
  std::string bytes() const {
    GgufBytes head;
    head.entry_bytes_ = "GGUF";
    head.add_number<uint32_t>(3);
    head.add_number<uint64_t>(0);  // tensors
    head.add_number<uint64_t>(entries_);
    return head.entry_bytes_ + entry_bytes_;
  }

 private:
  template <class T>
  void add_number(T value) {
    for (size_t i = 0; i < sizeof value; ++i) entry_bytes_ += static_cast<char>(value >> (8 * i));
  }
  void add_string(std::string_view text) {
    add_number<uint64_t>(text.size());
    entry_bytes_ += text;
  }

  uint64_t entries_ = 0;
  std::string entry_bytes_;
};

class SurveyTest : public testing::Test {
 protected:
  std::string write(std::string_view bytes) {
    const auto path = folder_.path() / "model.gguf";
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  TemporaryFolder folder_;
};

TEST_F(SurveyTest, ReadsTheMetadata) {
  GgufBytes file;
  file.add_text("general.architecture", "llama");
  file.add_text("general.name", "Small");
  file.add_count("llama.context_length", 8192);
  const std::string bytes = file.bytes();
  const ModelSurvey model = survey_model(write(bytes)).value();
  EXPECT_EQ(model.architecture, "llama");
  EXPECT_EQ(model.name, "Small");
  EXPECT_EQ(model.context_trained, 8192u);
  EXPECT_EQ(model.bytes, bytes.size());
  EXPECT_FALSE(model.has_chat_template);
}

TEST_F(SurveyTest, MissingOrOddMetadataIsLeftOut) {
  GgufBytes file;
  file.add_text("general.architecture", "llama");
  file.add_text("llama.context_length", "a lot");
  file.add_text("tokenizer.chat_template", "{{ messages }}");
  const ModelSurvey model = survey_model(write(file.bytes())).value();
  EXPECT_EQ(model.name, "");
  EXPECT_EQ(model.context_trained, 0u);
  EXPECT_TRUE(model.has_chat_template);
}

TEST_F(SurveyTest, RefusesWhatIsNoGguf) {
  GgufBytes file;
  file.add_text("general.architecture", "llama");
  const std::string cut = file.bytes().substr(0, file.bytes().size() - 3);
  for (const std::string& bytes : {std::string("a poem"), std::string(), cut}) {
    const auto model = survey_model(write(bytes));
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().kind, Error::Kind::invalid_request);
    EXPECT_NE(model.error().message.find("model.gguf"), std::string::npos);
  }
  EXPECT_EQ(survey_model((folder_.path() / "no").string()).error().kind, Error::Kind::not_found);
}

TEST(Survey, AMachineHasCoresAndMemory) {
  const MachineSurvey machine = survey_machine();
  EXPECT_GT(machine.cores, 0u);
  EXPECT_GT(machine.memory_free_bytes, 0u);
}

}  // namespace
}  // namespace anyclaude
