// What people are told of a stored prompt: which model, for whom, and its first words. Pure.
#pragma once

#include <string>
#include <string_view>

namespace anyclaude {

// The note of a piece (PieceHead::note), taken apart.
struct PromptNote {
  std::string model;    // its name in the API
  std::string sharing;  // Origin::sharing; empty: the owner's
  std::string words;    // one line
};

// At most piece_note_bytes_max; where that is too little, the words are cut.
std::string encode_note(const PromptNote& note);
PromptNote parse_note(std::string_view note);

}  // namespace anyclaude
