#include "config/command_words.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/command_line.h"
#include "config/commands.h"
#include "config/completion.h"
#include "config/man_page.h"

namespace anyclaude {
namespace {

const CommandWords* find(const std::vector<CommandWords>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const CommandWords& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const WordHelp* find(const std::vector<WordHelp>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const WordHelp& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

TEST(CommandWords, HoldAllCommandsAndSettings) {
  const CommandWords words = command_words();
  for (const ListedCommand& command : all_commands()) {
    EXPECT_NE(find(words.commands, command.name), nullptr) << command.name;
  }
  EXPECT_EQ(words.commands.size(), all_commands().size());
  for (const Setting& setting : all_settings()) {
    const WordHelp* flag = find(words.flags, "--" + std::string(setting.name));
    ASSERT_NE(flag, nullptr) << setting.name;
    EXPECT_EQ(flag->placeholder.empty(), setting.placeholder.empty()) << setting.name;
    EXPECT_EQ(flag->help, setting.help);
  }
  EXPECT_NE(find(words.flags, "--json"), nullptr);
  EXPECT_EQ(find(words.flags, "--detached"), nullptr) << "it is nobody's to know";
}

TEST(CommandWords, HoldWhatIsOfOneCommand) {
  const CommandWords words = command_words();
  const CommandWords* cache = find(words.commands, "cache");
  ASSERT_NE(cache, nullptr);
  const CommandWords* exported = find(cache->commands, "export");
  ASSERT_NE(exported, nullptr);
  ASSERT_EQ(exported->arguments.size(), 2u);
  EXPECT_EQ(exported->arguments[0].placeholder, "ID");
  EXPECT_EQ(value_kind(exported->arguments[1].placeholder), ValueKind::file);
  const CommandWords* doctor = find(words.commands, "doctor");
  ASSERT_NE(doctor, nullptr);
  EXPECT_EQ(find(doctor->flags, "--fix")->placeholder, "") << "a switch";
  EXPECT_EQ(value_kind(find(doctor->flags, "--backend")->placeholder), ValueKind::choice);
  EXPECT_EQ(find(words.flags, "--fix"), nullptr);
}

TEST(CommandWords, EachHasAHelp) {
  const auto check = [](const auto& self, const CommandWords& words) -> void {
    for (const WordHelp& flag : words.flags) EXPECT_NE(flag.help, "") << flag.name;
    for (const CommandWords& command : words.commands) {
      EXPECT_NE(command.help, "") << command.name;
      self(self, command);
    }
  };
  check(check, command_words());
}

// A choice that is offered must be one that the setting takes.
TEST(CommandWords, OfferOnlyChoicesThatAreTaken) {
  const CommandWords words = command_words();
  size_t choices = 0;
  for (const Setting& setting : all_settings()) {
    const WordHelp* flag = find(words.flags, "--" + std::string(setting.name));
    for (const std::string& choice : choices_of(flag->placeholder)) {
      Config config;
      EXPECT_TRUE(setting.apply(choice, {}, config)) << setting.name << ' ' << choice;
      ++choices;
    }
  }
  EXPECT_GT(choices, 30u);
}

TEST(ChoicesOf, AreThoseOfAPlaceholder) {
  EXPECT_EQ(choices_of("on|off|auto"), (std::vector<std::string>{"on", "off", "auto"}));
  EXPECT_TRUE(choices_of("SIZE").empty());
  EXPECT_TRUE(choices_of("").empty());
}

TEST(Brief, IsTheFirstClause) {
  EXPECT_EQ(brief("The longest answer. Default: what the context leaves."), "The longest answer");
  EXPECT_EQ(brief("what the server is doing [--json]; exit code 3"), "what the server is doing");
  EXPECT_EQ(brief("llama-server, SGLang ... Example: x"), "llama-server, SGLang");
  EXPECT_EQ(brief(""), "");
}

TEST(Roff, LeavesNothingForRoffToTakeAsItsOwn) {
  EXPECT_EQ(roff(".SH x\n'br\na.b"), "\\&.SH x\n\\&\\(aqbr\na.b");
  EXPECT_EQ(roff("--a \\fB `~^"), "\\-\\-a \\efB \\(ga\\(ti\\(ha");
}

}  // namespace
}  // namespace anyclaude
