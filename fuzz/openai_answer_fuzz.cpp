// Whatever another server sends, an answer comes out of it or an error: each line is a chunk.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.h"
#include "protocol/json_text.h"
#include "protocol/openai_answer.h"

namespace anyclaude {
namespace {

void check(std::string_view input) {
  OpenAiAnswer answer;
  std::vector<Event> events;
  bool well = true;
  while (well && !input.empty()) {
    const size_t end = std::min(input.find('\n'), input.size());
    well = answer.take_chunk(std::string(input.substr(0, end)), events).has_value();
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  if (!well || !answer.end(events)) return;
  bool open = false;  // a call without its input
  for (const Event& event : events) {
    const auto* start = std::get_if<ToolUseStart>(&event);
    const auto* delta = std::get_if<ToolInputDelta>(&event);
    promise(open == (delta != nullptr), "each call is followed by its input, whole");
    open = start != nullptr;
    if (start) promise(!start->id.empty() && !start->name.empty(), "calls have an id and a name");
    if (delta) promise(Json::parse(delta->json).is_object(), "inputs are objects");
  }
  promise(!open, "the last call has its input");
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
