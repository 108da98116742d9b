#include "models/model_name.h"

#include <gtest/gtest.h>

#include <set>

#include "models/known_models.h"

namespace anyclaude {
namespace {

using Paths = std::vector<std::string>;

const Paths repository = {"README.md",
                          "m-Q4_K_M.gguf",
                          "m-Q8_0.gguf",
                          "m-UD-Q4_K_XL.gguf",
                          "m-IQ2_M.gguf",
                          "BF16/m-BF16-00002-of-00002.gguf",
                          "BF16/m-BF16-00001-of-00002.gguf",
                          "mmproj-F16.gguf",
                          "imatrix_unsloth.gguf",
                          "half-Q6_K-00001-of-00003.gguf"};

// The chosen paths, or the error's message.
Paths chosen(const std::string& text, const Paths& paths = repository) {
  const auto name = parse_model_name(text);
  if (!name) return {"no name"};
  const auto files = choose_files(*name, paths);
  return files ? *files : Paths{files.error().message};
}

TEST(ModelName, IsOneOfFourForms) {
  const auto quant = parse_model_name("owner/Some_Repo-1.5:Q4_K_M");
  ASSERT_TRUE(quant);
  EXPECT_EQ(quant->repository, "owner/Some_Repo-1.5");
  EXPECT_EQ(quant->quant, "Q4_K_M");
  const auto file = parse_model_name("owner/repo/BF16/m-00001-of-00002.gguf");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->repository, "owner/repo");
  EXPECT_EQ(file->file, "BF16/m-00001-of-00002.gguf");
  EXPECT_TRUE(parse_model_name("owner/repo"));
  const auto known = parse_model_name("qwen3-coder-30b");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->quant, "Q4_K_M");
  for (const char* none : {"", "word", "owner/", "/repo", "a//b", "a b/c", "../x", "a/../b.gguf",
                           "owner/repo:", "owner/repo:a/b", "owner/repo/x", "owner/m.gguf",
                           "owner/repo/x.gguf:Q4_K_M", "a/.ssh", "~/m/x.gguf", "a/b?c"}) {
    EXPECT_FALSE(parse_model_name(none)) << none;
  }
}

TEST(ModelName, ChoosesByQuant) {
  EXPECT_EQ(chosen("o/r:q8_0"), Paths{"m-Q8_0.gguf"});
  EXPECT_EQ(chosen("o/r"), Paths{"m-Q4_K_M.gguf"}) << "the usual one";
  EXPECT_EQ(chosen("o/r:UD-Q4_K_XL"), Paths{"m-UD-Q4_K_XL.gguf"});
  EXPECT_EQ(chosen("o/r:Q4_K_XL"), Paths{"m-UD-Q4_K_XL.gguf"});
  EXPECT_EQ(chosen("o/r:BF16"),
            (Paths{"BF16/m-BF16-00001-of-00002.gguf", "BF16/m-BF16-00002-of-00002.gguf"}));
  EXPECT_EQ(chosen("o/r:Q4_K_M", {"x-UD-Q4_K_M.gguf", "x-Q4_K_M.gguf"}), Paths{"x-Q4_K_M.gguf"});
  EXPECT_EQ(chosen("o/r:MXFP4", {"gpt-oss-20b-mxfp4.gguf"}), Paths{"gpt-oss-20b-mxfp4.gguf"});
  EXPECT_EQ(chosen("o/r", {"only.gguf"}), Paths{"only.gguf"});
  EXPECT_EQ(chosen("o/r:Q4_K_M", {"Q4_K_M/weights.gguf"}), Paths{"Q4_K_M/weights.gguf"});
}

TEST(ModelName, ChoosesByFileWithAllItsParts) {
  EXPECT_EQ(chosen("o/r/m-IQ2_M.gguf"), Paths{"m-IQ2_M.gguf"});
  EXPECT_EQ(chosen("o/r/BF16/m-BF16-00002-of-00002.gguf").size(), 2u);
}

TEST(ModelName, SaysWhatThereIsInstead) {
  const auto has = [](const Paths& said, const char* what) {
    return said.size() == 1 && said.front().find(what) != std::string::npos;
  };
  EXPECT_TRUE(has(chosen("o/r:Q5_K_M"), "BF16, IQ2_M, Q4_K_M, Q6_K, Q8_0, UD-Q4_K_XL"));
  EXPECT_TRUE(has(chosen("o/r/x.gguf"), "no file x.gguf"));
  EXPECT_TRUE(has(chosen("o/r:Q6_K"), "only 1 of the 3 parts of half-Q6_K"));
  EXPECT_TRUE(has(chosen("o/r", {"README.md", "mmproj-F16.gguf"}), "no GGUF files"));
  EXPECT_TRUE(has(chosen("o/r:Q8_0", {"a-Q8_0.gguf", "b-Q8_0.gguf"}), "a-Q8_0.gguf, b-Q8_0.gguf"));
}

TEST(ModelName, TellsStemQuantAndPart) {
  EXPECT_EQ(model_stem("BF16/m-BF16-00001-of-00002.gguf"), "m-BF16");
  EXPECT_EQ(model_stem("m.gguf"), "m");
  EXPECT_EQ(quant_of("SmolLM2-135M-Instruct.Q4_1.gguf"), "Q4_1");
  EXPECT_EQ(quant_of("gemma-3-270m-q4_k_m.gguf"), "Q4_K_M");
  EXPECT_EQ(quant_of("Qwen3-4B-Instruct-2507.gguf"), "");
  EXPECT_EQ(quant_of("Q4_K_M/m-UD-Q4_K_XL-00001-of-00009.gguf"), "UD-Q4_K_XL");
  EXPECT_EQ(part_number("m-00002-of-00003.gguf").part, 2u);
  EXPECT_EQ(part_number("m-00002-of-00003.gguf").parts, 3u);
  EXPECT_EQ(part_number("m-00004-of-00003.gguf").parts, 1u);
  EXPECT_EQ(part_number("m-0001-of-0002.gguf").parts, 1u);
  EXPECT_EQ(part_number("-00001-of-00002.gguf").parts, 1u);
}

TEST(KnownModels, CanBeNamedAndGrow) {
  std::set<std::string_view> names;
  uint32_t memory_gb = 0;
  for (const KnownModel& model : known_models()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_EQ(model.name.find('/'), std::string_view::npos);
    EXPECT_TRUE(parse_model_name(std::string(model.repository) + ":" + std::string(model.quant)));
    EXPECT_GT(model.memory_gb, memory_gb) << model.name;
    EXPECT_LT(model.bytes, model.memory_gb * 1'000'000'000ull);
    memory_gb = model.memory_gb;
  }
  EXPECT_EQ(find_known_model("none"), nullptr);
}

}  // namespace
}  // namespace anyclaude
