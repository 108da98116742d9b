#include "kv/note.h"

#include <gtest/gtest.h>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

PromptNote there_and_back(const PromptNote& note) { return parse_note(encode_note(note)); }

TEST(PromptNote, ComesBackAsItWas) {
  const auto note = there_and_back({"local-m", "group team", "What is this?"});
  EXPECT_EQ(note.model, "local-m");
  EXPECT_EQ(note.sharing, "group team");
  EXPECT_EQ(note.words, "What is this?");
  EXPECT_EQ(there_and_back({"m", "", "words"}).sharing, "");
  EXPECT_EQ(there_and_back({"m", "", "words"}).words, "words");
}

TEST(PromptNote, FitsWithoutLosingWhoseItIs) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += "ä";
  const std::string sharing = "group " + std::string(64, 'g');
  const PromptNote long_note{std::string(300, 'm'), sharing, words};
  EXPECT_LE(encode_note(long_note).size(), piece_note_bytes_max);
  const auto note = there_and_back(long_note);
  EXPECT_EQ(note.sharing, sharing);
  EXPECT_GE(note.words.size(), 60u);
  EXPECT_EQ(note.words.size() % 2, 0u);  // whole characters
  EXPECT_TRUE(words.starts_with(note.words));
}

TEST(PromptNote, OfAnotherProgramIsReadAsFarAsItGoes) {
  EXPECT_EQ(parse_note("").model, "");
  EXPECT_EQ(parse_note("a note").model, "a note");
  EXPECT_EQ(parse_note("a\nb\nc\nd").words, "c\nd");
}

}  // namespace
}  // namespace anyclaude
