// Conversations that go on, through every template that the engine's source ships: each prompt
// begins with the one before it and its answer, as it was sampled.
#include <gtest/gtest.h>

#include <algorithm>

#include "fakes/conversations.h"
#include "fakes/engine_templates.h"
#include "prompt/transcript.h"

namespace anyclaude {
namespace {

constexpr const char* schema = R"({"type":"object","properties":{"path":{"type":"string"}}})";

// Those of the vocabulary, and those that the families' own vocabularies have.
std::vector<std::string> ends_of(const Tokeniser& tokeniser) {
  auto ends = tokeniser.generation_ends();
  for (const char* end :
       {"<|call|>", "<|end|>", "<|observation|>", "<|tool_response>", "<|tools_suffix|>"}) {
    ends.emplace_back(end);
  }
  return ends;
}

// Two who take turns: a model whose words no template would write that way, and a client that
// sends them back as Claude Code does.
using EveryTemplatesTranscript = test::EngineTemplates;

class Talk {
 public:
  Talk(const ChatTemplate& chat_template, const Tokeniser& tokeniser, Metrics& metrics)
      : template_(chat_template),
        tokeniser_(tokeniser),
        writer_(chat_template, tokeniser.guard(), PromptLayout::cache),
        transcript_(chat_template, tokeniser.guard(), writer_, echoes_,
                    Transcript::Options{.turn_ends = ends_of(tokeniser),
                                        .turn_marks = chat_template.turn_marks()},
                    metrics) {
    conversation_.system = {"You are careful.", "Today is Monday."};
    conversation_.tools = {{"list", "Lists a folder.", schema}, {"read", "Reads a file.", schema}};
  }

  void say(Message message) { conversation_.messages.push_back(std::move(message)); }

  // The next prompt; it must begin with what was there.
  void ask() {
    const auto canonical = canonicalise(conversation_, template_.capabilities());
    auto written = transcript_.write(canonical);
    ASSERT_TRUE(written) << written.error().message;
    plain_ = written->plain;
    name_ = written->name;
    prompt_ = tokeniser_.tokenise(written->prompt).tokens;
    const auto [there, now] =
        std::mismatch(known_.begin(), known_.end(), prompt_.begin(), prompt_.end());
    EXPECT_TRUE(there == known_.end() || !plain_.empty())
        << "lost behind: " << text(known_.begin(), there)
        << "\n--- was: " << text(there, known_.end()) << "\n--- is: " << text(now, prompt_.end());
    known_ = prompt_;
  }

  // The model samples `raw`, which means `told`; the client has it back as `echoed`.
  void answer(const std::string& raw, const CanonicalMessage& told, Message echoed) {
    const auto tokens = tokeniser_.tokenise_markup(raw);
    echoes_.add(echo_names(name_, told), {.tokens = tokens});
    known_.insert(known_.end(), tokens.begin(), tokens.end());
    say(std::move(echoed));
  }
  // An answer of another model: behind the client's last words it may be opened otherwise.
  void foreign(Message message, const std::string& last_words) {
    while (!known_.empty() && prompt_text(known_).contains(last_words)) known_.pop_back();
    say(std::move(message));
  }

  const std::string& plain() const { return plain_; }
  bool parallel() const { return template_.capabilities().parallel_calls; }
  std::string prompt() const { return prompt_text(prompt_); }

 private:
  std::string prompt_text(const std::vector<Token>& tokens) const {
    return text(tokens.begin(), tokens.end());
  }
  using Place = std::vector<Token>::const_iterator;
  std::string text(Place begin, Place end) const {
    std::string out;
    for (; begin != end; ++begin) out += tokeniser_.piece(*begin, true);
    return out;
  }

  const ChatTemplate& template_;
  const Tokeniser& tokeniser_;
  PromptWriter writer_;
  EchoTable echoes_;
  Transcript transcript_;
  Conversation conversation_;
  std::vector<Token> known_;
  std::vector<Token> prompt_;
  EchoName name_{};
  std::string plain_;
};

CanonicalCall call(const std::string& id, const std::string& name, const std::string& input) {
  return {.id = id, .name = name, .arguments_json = input};
}

CanonicalMessage told(std::string text, std::vector<CanonicalCall> calls = {}) {
  return {.role = CanonicalMessage::Role::assistant,
          .text = std::move(text),
          .calls = std::move(calls)};
}

Message results(const std::vector<std::string>& ids) {
  Message message{Role::user, {}};
  for (const auto& id : ids) {
    message.blocks.emplace_back(ToolResultBlock{id, {TextBlock{"words of " + id}}, false});
  }
  return message;
}

void one_call(Talk& talk) {
  talk.answer(
      "<think>\nhm\n</think>\n\n  I look. \n\n<tool_call>\n{\"arguments\" : "
      "{\"path\":\".\"}, \"name\":\"list\"}\n</tool_call>",
      told("  I look. ", {call("toolu_1", "list", R"({ "path":"." })")}),
      {Role::assistant,
       {ThinkingBlock{"hm", ""}, TextBlock{"  I look. "},
        ToolUseBlock{"toolu_1", "list", R"({"path":"."})"}}});
  talk.say(results({"toolu_1"}));
}

void two_calls(Talk& talk) {
  talk.answer("{\"path\" : \"a\"} and {\"path\":\"b\"}\n",
              told("", {call("toolu_2", "read", R"({"path":"a  "})"),
                        call("toolu_3", "read", R"({"path":"b"})")}),
              {Role::assistant,
               {ToolUseBlock{"toolu_2", "read", R"({"path":"a"})"},
                ToolUseBlock{"toolu_3", "read", R"({"path":"b"})"}}});
  talk.say(results({"toolu_2", "toolu_3"}));
}

TEST_F(EveryTemplatesTranscript, GrowsAtItsEndOnly) {
  int seen = 0;
  for_each_template([&](const std::string&) {
    ++seen;
    Talk talk(*template_, *tokeniser_, metrics_);
    talk.say(user("Look around."));
    talk.ask();
    one_call(talk);
    talk.ask();
    if (talk.parallel()) {
      two_calls(talk);
    } else {
      one_call(talk);
    }
    talk.say({Role::system, {TextBlock{"The date has changed."}}});
    talk.ask();
    talk.answer("\n\n Done.  \n", told("\n\n Done.  \n"),
                {Role::assistant, {TextBlock{"\n\n Done.  \n"}}});
    talk.say(user("And now?"));
    talk.ask();
    talk.answer("It was cut of", told("It was cut of"),
                {Role::assistant, {TextBlock{"It was cut of"}}});
    talk.say(user("Output token limit hit. Resume directly."));
    talk.ask();
    talk.foreign(
        {Role::assistant, {TextBlock{"Of another model."}, ToolUseBlock{"toolu_4", "list", "{}"}}},
        "directly");
    talk.say(results({"toolu_4"}));
    talk.ask();
    one_call(talk);
    talk.ask();
    talk.say(user("And then?"));
    EXPECT_EQ(talk.plain(), "");
    for (const char* words : {"You are careful.", "Look around.", "words of toolu_1", "And now?",
                              "The date has changed.", "words of toolu_4"}) {
      EXPECT_NE(talk.prompt().find(words), std::string::npos) << words << talk.prompt();
    }
  });
  EXPECT_GT(seen, 30);
}

}  // namespace
}  // namespace anyclaude
