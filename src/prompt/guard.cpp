#include "prompt/guard.h"

#include <algorithm>

namespace anyclaude {
namespace {

// Length of the UTF-8 character that begins with this byte; 1 for what begins none.
size_t character_bytes(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  if (first >= 0xC0) return 2;
  return 1;
}

std::string without_marks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t found = text.find(Guard::mark);
    out += text.substr(0, found);
    if (found == std::string_view::npos) break;
    text.remove_prefix(found + Guard::mark.size());
  }
  return out;
}

}  // namespace

Guard::Guard(std::vector<std::string> special_texts) {
  for (auto& text : special_texts) {
    if (text.empty()) continue;
    by_first_byte_[static_cast<unsigned char>(text[0])].push_back(std::move(text));
  }
  for (auto& texts : by_first_byte_) {
    std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  }
}

std::string_view Guard::match(std::string_view text, size_t position) const {
  const std::string_view rest = text.substr(position);
  for (const auto& special : by_first_byte_[static_cast<unsigned char>(rest[0])]) {
    if (rest.starts_with(special)) return rest.substr(0, special.size());
  }
  return {};
}

std::string Guard::protect(std::string_view text) const {
  std::string clean;
  if (text.find(mark) != std::string_view::npos) {
    clean = without_marks(text);
    text = clean;
  }
  std::string out;
  out.reserve(text.size() + 16);
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const auto& candidates = by_first_byte_[static_cast<unsigned char>(text[i])];
    if (candidates.empty() || match(text, i).empty()) continue;
    const size_t rest =
        std::min(character_bytes(static_cast<unsigned char>(text[i])) - 1, text.size() - i - 1);
    out += text.substr(i + 1, rest);
    i += rest;
    out += mark;
  }
  return out;
}

std::vector<std::string> Guard::split(std::string_view rendered) {
  std::vector<std::string> pieces;
  while (true) {
    const size_t found = rendered.find(mark);
    pieces.emplace_back(rendered.substr(0, found));
    if (found == std::string_view::npos) return pieces;
    rendered.remove_prefix(found + mark.size());
  }
}

}  // namespace anyclaude
