// However a model's text is cut, the same thinking, words and calls are found in it.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.h"
#include "prompt/tool_emulation.h"

namespace anyclaude {
namespace {

// All that was found, without the calls' ids, which are random.
std::string read(std::string_view text, size_t piece) {
  AnswerText answer({.thinking = true, .calls = true});
  std::vector<Event> events;
  while (!text.empty()) {
    answer.take(text.substr(0, piece), events);
    text.remove_prefix(std::min(piece, text.size()));
  }
  answer.end(events);
  std::string out;
  char kind = 0;
  const auto add = [&](char next, const std::string& more) {
    if (more.empty()) return;
    if (kind != next || next == 'c') out += std::string("\n") + next + ':';
    kind = next;
    out += more;
  };
  for (const Event& event : events) {
    if (const auto* words = std::get_if<TextDelta>(&event)) add('w', words->text);
    if (const auto* thinking = std::get_if<ThinkingDelta>(&event)) add('t', thinking->text);
    if (const auto* start = std::get_if<ToolUseStart>(&event)) add('c', start->name);
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) add('i', input->json);
  }
  return out;
}

void check(std::string_view text) {
  const std::string whole = read(text, text.size() + 1);
  for (const size_t piece : {1, 2, 3, 7, 50}) {
    promise(read(text, piece) == whole, "in pieces as at once");
  }
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
