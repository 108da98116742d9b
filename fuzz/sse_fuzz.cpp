// However a stream is cut, its events are the same; and what is written is read back.
#include <algorithm>
#include <string_view>
#include <vector>

#include "fuzz_target.h"
#include "protocol/sse.h"

namespace anyclaude {
namespace {

constexpr SseLimits limits = {.event_bytes_max = 1u << 20};

// Pieces of 1 to `piece_max` bytes, of sizes that depend on the input.
std::vector<SseEvent> parse(std::string_view stream, size_t piece_max) {
  SseParser parser(limits);
  std::vector<SseEvent> events;
  size_t noise = stream.size();
  while (!stream.empty()) {
    noise = noise * 6364136223846793005u + 1442695040888963407u;
    const size_t size = std::min(1 + (noise >> 33) % piece_max, stream.size());
    const auto more = parser.feed(stream.substr(0, size));
    promise(more.has_value(), "inputs of this size are under the limit");
    events.insert(events.end(), more->begin(), more->end());
    stream.remove_prefix(size);
  }
  return events;
}

void check(std::string_view stream) {
  if (stream.size() > limits.event_bytes_max / 2) return;
  const std::vector<SseEvent> whole = SseParser(limits).feed(stream).value();
  promise(parse(stream, 1) == whole, "byte by byte as at once");
  promise(parse(stream, 9) == whole, "in small pieces as at once");
  promise(parse(stream, 300) == whole, "in large pieces as at once");

  std::string written;
  for (const SseEvent& event : whole) append_sse(written, event.event, event.data);
  std::vector<SseEvent> again = SseParser(limits).feed(written).value();
  promise(again.size() == whole.size(), "as many events as were written");
  for (size_t i = 0; i < again.size(); ++i) {
    promise(again[i].event == whole[i].event, "the name that was written");
    promise(again[i].data == whole[i].data, "the data that was written");
  }
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
