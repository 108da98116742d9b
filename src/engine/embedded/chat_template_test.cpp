// The chat template layer over real templates: the built-in one and those of the engine's source.
#include "engine/embedded/chat_template.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/embedded/answer_reader.h"
#include "engine/embedded/model.h"
#include "engine/embedded/tokeniser.h"
#include "fakes/test_models.h"
#include "llama.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

// A vocabulary for all tests; the templates' own markers need not be in it.
class ChatTemplateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    install_engine_log();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    model_ = llama_model_load_from_file(test::smollm2().c_str(), params);
    ASSERT_NE(model_, nullptr);
  }
  static void TearDownTestSuite() { llama_model_free(model_); }

  // Opens a template, "" for the model's own.
  void open(const std::string& text) {
    template_.reset();
    auto source = ChatTemplate::choose_source(model_, text);
    ASSERT_TRUE(source) << source.error().message;
    tokeniser_ = std::make_unique<Tokeniser>(model_, source->text, 1 << 20, metrics_);
    auto opened = ChatTemplate::open(model_, *source, tokeniser_->guard(), metrics_);
    ASSERT_TRUE(opened) << opened.error().message;
    template_ = std::move(*opened);
  }

  static std::string text_of(const CanonicalPrompt& prompt) {
    std::string out;
    for (const auto& segment : prompt.segments) out += segment;
    return out;
  }

  std::string render(const Conversation& conversation) {
    const auto prompt = template_->render(canonicalise(conversation, template_->capabilities()));
    if (!prompt) ADD_FAILURE() << prompt.error().message;
    return prompt ? text_of(*prompt) : "";
  }

  static llama_model* model_;
  Metrics metrics_;
  std::unique_ptr<Tokeniser> tokeniser_;
  std::unique_ptr<ChatTemplate> template_;
};
llama_model* ChatTemplateTest::model_ = nullptr;

Message user(std::string text) { return {Role::user, {TextBlock{std::move(text)}}}; }

Conversation with_tools() {
  Conversation out;
  out.system = {"You are careful."};
  out.messages = {user("Look around."),
                  {Role::assistant,
                   {TextBlock{"I look."}, ToolUseBlock{"toolu_1", "list", R"({"path":"."})"},
                    ToolUseBlock{"toolu_2", "read", R"({"path":"a.txt"})"}}},
                  {Role::user,
                   {ToolResultBlock{"toolu_1", {TextBlock{"a.txt"}}, false},
                    ToolResultBlock{"toolu_2", {TextBlock{"words"}}, false}}},
                  {Role::system, {TextBlock{"The date has changed."}}},
                  user("And now?")};
  const std::string schema = R"({"type":"object","properties":{"path":{"type":"string"}}})";
  out.tools = {{"list", "Lists a folder.", schema}, {"read", "Reads a file.", schema}};
  return out;
}

TEST_F(ChatTemplateTest, ModelsWithoutToolsInTheirTemplateGetTheBuiltInOne) {
  open("");
  EXPECT_TRUE(template_->findings().builtin);
  EXPECT_EQ(template_->findings().reason, "the model's chat template shows no tools");
  const std::string text = render(with_tools());
  EXPECT_NE(text.find("\"name\": \"list\""), std::string::npos);
  EXPECT_LT(text.find("Lists a folder."), text.find("You are careful."));
  EXPECT_NE(text.find("<tool_response>\na.txt\n</tool_response>"), std::string::npos);
  EXPECT_TRUE(text.ends_with("<|im_start|>assistant\n"));
}

TEST_F(ChatTemplateTest, EachTurnIsAppendedInTheBuiltInTemplate) {
  open("");
  Conversation conversation = with_tools();
  std::string before;
  const auto messages = conversation.messages;
  for (size_t turns = 1; turns <= messages.size(); ++turns) {
    if (messages[turns - 1].role == Role::system) continue;  // joins the turn before it
    if (messages[turns - 1].role == Role::assistant) continue;
    conversation.messages.assign(messages.begin(), messages.begin() + static_cast<long>(turns));
    const std::string text = render(conversation);
    EXPECT_TRUE(text.starts_with(before.substr(0, before.rfind("<|im_start|>user")))) << text;
    before = text;
  }
}

TEST_F(ChatTemplateTest, BrokenTemplatesAreRefusedWithAReason) {
  const auto source = ChatTemplate::choose_source(model_, "{% for x in %}{{ }");
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message.find("chat template"), std::string::npos);
}

// Every template that the engine's source ships: conversations with tools, two calls in a turn, a
// system turn in the middle and an image never fail, client text reaches the prompt whole, and the
// answer's format can be made for every tool choice.
TEST_F(ChatTemplateTest, TakesEveryTemplateOfTheEngine) {
  const fs::path folder = fs::path(ANYCLAUDE_ENGINE_SOURCE) / "models" / "templates";
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".jinja") continue;
    SCOPED_TRACE(entry.path().filename());
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    open(text.str());
    if (!template_) continue;
    ++seen;
    Conversation conversation = with_tools();
    const std::string prompt = render(conversation);
    EXPECT_NE(prompt.find("Look around."), std::string::npos);
    EXPECT_NE(prompt.find("And now?"), std::string::npos);
    for (const auto mode : {ToolChoice::Mode::automatic, ToolChoice::Mode::any,
                            ToolChoice::Mode::tool, ToolChoice::Mode::none}) {
      conversation.tool_choice = {mode, "read", true};
      const auto canonical = canonicalise(conversation, template_->capabilities());
      const auto format = template_->answer_format(conversation, canonical, "");
      EXPECT_TRUE(format) << (format ? "" : format.error().message);
    }
  }
  EXPECT_GT(seen, 30);
}

// What a model writes in Hermes form becomes events, however it is cut into tokens.
TEST_F(ChatTemplateTest, ReadsAnswersOfTheBuiltInFormat) {
  open("");
  const Conversation conversation = with_tools();
  const auto canonical = canonicalise(conversation, template_->capabilities());
  const auto format = template_->answer_format(conversation, canonical, "").value();
  const std::string written =
      "Let me see.\n<tool_call>\n{\"name\": \"list\", \"arguments\": {\"path\": \"/tmp/ä\"}}\n"
      "</tool_call>";
  AnswerReader reader(format, *tokeniser_, {"STOP"}, {});
  std::string text;
  std::string name;
  std::string input;
  const auto take = [&](const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (const auto* delta = std::get_if<TextDelta>(&event)) text += delta->text;
      if (const auto* start = std::get_if<ToolUseStart>(&event)) name = start->name;
      if (const auto* delta = std::get_if<ToolInputDelta>(&event)) input += delta->json;
    }
  };
  for (const Token token : tokeniser_->tokenise_markup(written)) take(reader.add({token}));
  take(reader.finish());
  EXPECT_EQ(text.substr(0, 11), "Let me see.");
  EXPECT_EQ(name, "list");
  EXPECT_EQ(input, "{\"path\": \"/tmp/ä\"}");
  EXPECT_TRUE(reader.called_tools());
}

TEST_F(ChatTemplateTest, StopsBeforeAStopSequenceThatIsCutAcrossTokens) {
  open("");
  Conversation conversation;
  conversation.messages = {user("x")};
  const auto canonical = canonicalise(conversation, template_->capabilities());
  const auto format = template_->answer_format(conversation, canonical, "").value();
  AnswerReader reader(format, *tokeniser_, {"END of it"}, {});
  std::string text;
  for (const Token token : tokeniser_->tokenise_markup("words before END of it and behind")) {
    for (const Event& event : reader.add({token})) {
      if (const auto* delta = std::get_if<TextDelta>(&event)) text += delta->text;
    }
  }
  for (const Event& event : reader.finish()) {
    if (const auto* delta = std::get_if<TextDelta>(&event)) text += delta->text;
  }
  EXPECT_TRUE(reader.stopped());
  EXPECT_EQ(reader.stop_sequence(), "END of it");
  EXPECT_EQ(text, "words before ");
}

}  // namespace
}  // namespace anyclaude
