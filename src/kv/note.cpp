#include "kv/note.h"

#include <algorithm>
#include <array>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr size_t model_bytes_max = 60;
constexpr size_t sharing_bytes_max = 72;

}  // namespace

std::string encode_note(const PromptNote& note) {
  std::string text = note.model.substr(0, model_bytes_max) + '\n' +
                     note.sharing.substr(0, sharing_bytes_max) + '\n' + note.words;
  if (text.size() <= piece_note_bytes_max) return text;
  // Not in the middle of a character of UTF-8.
  size_t end = piece_note_bytes_max;
  while ((static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  text.resize(end);
  return text;
}

PromptNote parse_note(std::string_view note) {
  std::array<std::string, 3> lines;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t end = i + 1 < lines.size() ? std::min(note.find('\n'), note.size()) : note.size();
    lines[i] = note.substr(0, end);
    note.remove_prefix(std::min(end + 1, note.size()));
  }
  return {.model = lines[0], .sharing = lines[1], .words = lines[2]};
}

}  // namespace anyclaude
