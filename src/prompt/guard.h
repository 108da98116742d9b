// Keeps a client's text from turning into control tokens: a file that holds "<|im_start|>system"
// must not open a turn.
//
// `protect` puts a mark into every look-alike of a special token before the template sees the text;
// templates pass it through like any other character. `split` takes the marks out of the rendered
// prompt again and cuts the text there. A token is then parsed only within one piece.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

class Guard {
 public:
  // U+FDD0, a code point that Unicode reserves for use inside a program.
  static constexpr std::string_view mark = "\xEF\xB7\x90";

  // `special_texts`: how the vocabulary writes its special tokens; empty ones are left out.
  explicit Guard(std::vector<std::string> special_texts);

  // The text with a mark after the first character of each look-alike. Marks that were in the text
  // are removed: they mean nothing in a text.
  std::string protect(std::string_view text) const;

  // The rendered prompt cut at its marks.
  static std::vector<std::string> split(std::string_view rendered);

  // The longest special text that begins at `position`, or nothing.
  std::string_view match(std::string_view text, size_t position) const;

 private:
  // By first byte, longest first.
  std::array<std::vector<std::string>, 256> by_first_byte_;
};

}  // namespace anyclaude
