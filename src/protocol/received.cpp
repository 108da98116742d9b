#include "protocol/received.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/random.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

// What clients and the Anthropic API take for an id: they send it back, and so must we.
bool is_call_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

// The arguments as an object's text; nothing where they are none.
std::optional<std::string> as_object(const std::string& arguments, const JsonLimits& limits) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
  auto value = parse_json(arguments, limits);
  for (int encoded = 0; value && value->is_string() && encoded < 2; ++encoded) {
    value = parse_json(value->get<std::string>(), limits);  // encoded once too often
  }
  if (!value) return std::nullopt;
  if (value->is_null()) return "{}";
  if (!value->is_object()) return std::nullopt;
  // As it was written, where it was written well: it is what the model will be shown again.
  return arguments.starts_with('{') ? arguments : value->dump();
}

}  // namespace

bool give_call(ToolUseBlock call, const JsonLimits& limits, std::vector<Event>& events) {
  auto input = as_object(call.input_json, limits);
  if (call.name.empty() || !input) {
    std::string text = std::move(call.name);
    if (!call.input_json.empty()) text += (text.empty() ? "" : " ") + call.input_json;
    if (!text.empty()) events.emplace_back(TextDelta{std::move(text)});
    return false;
  }
  events.emplace_back(ToolUseStart{
      is_call_id(call.id) ? std::move(call.id) : "toolu_" + random_hex(12), std::move(call.name)});
  events.emplace_back(ToolInputDelta{std::move(*input)});
  return true;
}

std::string one_line(std::string_view text, size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

}  // namespace anyclaude
