// The tokeniser against libllama's own result for the whole text, on both real vocabularies.
#include "engine/embedded/tokeniser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/embedded/builtin_template.h"
#include "fakes/test_models.h"
#include "llama.h"

namespace anyclaude {
namespace {

class TokeniserTest : public testing::TestWithParam<std::string (*)()> {
 protected:
  void SetUp() override {
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    model_ = llama_model_load_from_file(GetParam()().c_str(), params);
    ASSERT_NE(model_, nullptr);
    vocab_ = llama_model_get_vocab(model_);
    template_ = builtin_template(vocab_);
    tokeniser_ = std::make_unique<Tokeniser>(model_, template_, 1 << 20, metrics_);
  }
  void TearDown() override { llama_model_free(model_); }

  // What libllama makes of the text at once, with special tokens parsed everywhere.
  std::vector<Token> whole(const std::string& text) {
    std::vector<Token> tokens(text.size() + 16);
    const int32_t n =
        llama_tokenize(vocab_, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                       static_cast<int32_t>(tokens.size()), true, true);
    tokens.resize(static_cast<size_t>(n));
    return tokens;
  }

  std::vector<Token> ours(const std::string& text) {
    CanonicalPrompt prompt;
    prompt.segments = {{text, {}}};
    return tokeniser_->tokenise(prompt).tokens;
  }

  std::string random_text(std::mt19937& random) {
    const std::vector<std::string> parts = {"The quick ",
                                            "fox\n",
                                            "\n\n",
                                            "  indented",
                                            "{\"a\": [1, 2.50]}",
                                            "<tag>",
                                            "</tag>\n",
                                            "\n<x",
                                            "ümlaut ",
                                            "日本語",
                                            "😀",
                                            "\t",
                                            "don't ",
                                            "0x1F",
                                            "...",
                                            "<|im_start|>user\n",
                                            "<|im_end|>\n",
                                            "<start_of_turn>",
                                            "<end_of_turn>\n",
                                            "\r\n",
                                            "    ",
                                            "for (;;) {}\n",
                                            "## Heading of a text that is long enough to be cut\n",
                                            "- an entry of a list, also long enough to be cut\n",
                                            "    \"name\": \"and a line of a schema, indented\",\n",
                                            "\n日本語の長い行はここで切られることがあります。\n",
                                            "1. a number, and more words so that it is cut here\n"};
    std::string text;
    for (int i = 0; i < 120; ++i) text += parts[random() % parts.size()];
    return text;
  }

  llama_model* model_ = nullptr;
  const llama_vocab* vocab_ = nullptr;
  std::string template_;
  Metrics metrics_;
  std::unique_ptr<Tokeniser> tokeniser_;
};

TEST_P(TokeniserTest, GivesTheSameTokensAsTheWholeText) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_text(random);
    EXPECT_EQ(ours(text), whole(text)) << text;
  }
}

TEST_P(TokeniserTest, RemembersTexts) {
  std::mt19937 random(4);
  const std::string text = random_text(random) + random_text(random);
  const auto first = ours(text);
  Counter& tokenised =
      metrics_.counter("anyclaude_tokeniser_bytes_total", "", {{"from", "tokenised"}});
  const uint64_t before = tokenised.value();
  EXPECT_EQ(ours(text), first);
  EXPECT_EQ(tokenised.value(), before);
}

// Of a SentencePiece vocabulary long lines are remembered for themselves: a change costs a line.
TEST_P(TokeniserTest, TellsOfNewTokensAsTheyCome) {
  const bool by_lines = llama_vocab_type(vocab_) == LLAMA_VOCAB_TYPE_SPM;
  CanonicalPrompt prompt;
  prompt.segments = {{}};
  for (int i = 0; i < 20; ++i) {
    prompt.segments[0].text += "    Line " + std::to_string(i);
    for (int word = 0; word < 80; ++word)
      prompt.segments[0].text += " " + std::to_string(word) + " long";
    prompt.segments[0].text += " to be cut off.\n";
  }
  const size_t first = llama_vocab_get_add_bos(vocab_) ? 1 : 0;
  std::vector<size_t> told;
  std::vector<Token> newest;
  const Tokeniser::Progress progress = [&](std::span<const Token> begun, size_t fresh) {
    EXPECT_EQ(begun.size(), (told.empty() ? first : told.back()) + fresh);
    told.push_back(begun.size());
    newest.assign(begun.begin(), begun.end());
  };
  auto tokens = tokeniser_->tokenise(prompt, "", progress).tokens;
  EXPECT_EQ(tokens, whole(prompt.segments[0].text));
  EXPECT_EQ(newest, tokens);
  EXPECT_EQ(told.size(), by_lines ? 20u : 1u);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  told.clear();
  tokeniser_->tokenise(prompt, "", progress);
  EXPECT_TRUE(told.empty());
  prompt.segments[0].text.replace(prompt.segments[0].text.find("Line 7"), 6, "Lime 7");
  size_t times = 0;
  const auto count = [&](std::span<const Token>, size_t) { ++times; };
  tokens = tokeniser_->tokenise(prompt, "", count).tokens;
  EXPECT_EQ(tokens, whole(prompt.segments[0].text));
  EXPECT_EQ(times, 1u);
}

// Whether a text was seen before shows in the time it takes.
TEST_P(TokeniserTest, RemembersForThoseAloneWhoShare) {
  CanonicalPrompt prompt;
  prompt.segments = {
      {"A secret text that is long enough to be worth remembering, at least here.", {}}};
  Counter& tokenised =
      metrics_.counter("anyclaude_tokeniser_bytes_total", "", {{"from", "tokenised"}});
  const auto tokens = tokeniser_->tokenise(prompt, "group a").tokens;
  const uint64_t once = tokenised.value();
  EXPECT_EQ(tokeniser_->tokenise(prompt, "group a").tokens, tokens);
  EXPECT_EQ(tokenised.value(), once);
  EXPECT_EQ(tokeniser_->tokenise(prompt, "group b").tokens, tokens);
  EXPECT_GT(tokenised.value(), once);
}

TEST_P(TokeniserTest, ForgetsWhatDoesNotFitItsLimit) {
  Metrics metrics;
  const Tokeniser small(model_, template_, 2000, metrics);
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    const std::string text = random_text(random);
    CanonicalPrompt prompt;
    prompt.segments = {{text, {}}};
    EXPECT_EQ(small.tokenise(prompt).tokens, whole(text));
  }
}

TEST_P(TokeniserTest, SpecialTokensDoNotSpanSegments) {
  CanonicalPrompt prompt;
  const std::string open =
      template_.find("<start_of_turn>") != std::string::npos ? "<start_of_turn>" : "<|im_start|>";
  prompt.segments = {{open, {}}};
  const size_t written = tokeniser_->tokenise(prompt).tokens.size();
  prompt.segments.clear();
  for (auto& piece : Guard::split(tokeniser_->guard().protect(open))) {
    prompt.segments.push_back({std::move(piece), {}});
  }
  EXPECT_GE(tokeniser_->tokenise(prompt).tokens.size(), written + 2);
}

TEST_P(TokeniserTest, FindsSavePoints) {
  CanonicalPrompt prompt;
  prompt.segments = {{"one two three four five six seven eight", {}}};
  prompt.save_points = {0, 13, 1000};
  const TokenisedPrompt out = tokeniser_->tokenise(prompt);
  ASSERT_EQ(out.save_points.size(), 2u);  // the one beyond the end is no point
  std::string before;
  for (uint32_t i = 0; i < out.save_points[1]; ++i) {
    if (out.tokens[i] != llama_vocab_bos(vocab_)) before += tokeniser_->piece(out.tokens[i], true);
  }
  EXPECT_LE(before.size(), 13u);
  EXPECT_GE(before.size(), 8u);
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, TokeniserTest,
                         testing::Values(&test::smollm2, &test::gemma));

}  // namespace
}  // namespace anyclaude
