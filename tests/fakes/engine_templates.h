// The chat templates that the engine's source ships, over one small vocabulary: their own markers
// need not be in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "base/metrics.h"
#include "engine/embedded/model.h"
#include "engine/embedded/prompt_maker.h"
#include "fakes/test_models.h"
#include "llama.h"

namespace anyclaude::test {

class EngineTemplates : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    install_engine_log();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    model_ = llama_model_load_from_file(smollm2().c_str(), params);
    ASSERT_NE(model_, nullptr);
  }
  static void TearDownTestSuite() { llama_model_free(model_); }

  // Opens a template, "" for the model's own.
  void open(const std::string& text) {
    template_ = nullptr;
    auto opened = PromptMaker::open(model_, {}, text, "", false, metrics_);
    ASSERT_TRUE(opened) << opened.error().message;
    maker_ = std::move(*opened);
    tokeniser_ = &maker_->tokeniser();
    template_ = &maker_->chat_template();
  }

  // Opens each of them, by its file's name.
  template <class Use>
  void for_each_template(const Use& use) {
    const auto folder = std::filesystem::path(ANYCLAUDE_ENGINE_SOURCE) / "models" / "templates";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".jinja") continue;
      SCOPED_TRACE(entry.path().filename());
      std::ifstream file(entry.path());
      std::ostringstream text;
      text << file.rdbuf();
      open(text.str());
      if (template_) use(entry.path().stem().string());
    }
  }

  static inline llama_model* model_ = nullptr;
  Metrics metrics_;
  std::unique_ptr<PromptMaker> maker_;
  // Of the maker.
  const Tokeniser* tokeniser_ = nullptr;
  const ChatTemplate* template_ = nullptr;
};

}  // namespace anyclaude::test
