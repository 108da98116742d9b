#include "protocol/json_text.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "protocol/json_reader.h"
#include "protocol/json_string.h"

namespace anyclaude {
namespace {

// The code unit of "\uXXXX" at `at`; -1: there is no such escape.
int escaped_unit(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

// Every escape has the same length, so the text is mended where it stands.
void replace_lone_surrogates(std::string& text) {
  for (size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const int unit = escaped_unit(text, at);
    if (unit < 0xD800 || unit > 0xDFFF) {
      at += 2;
      continue;
    }
    const int next = unit < 0xDC00 ? escaped_unit(text, at + 6) : -1;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      at += 12;
    } else {
      text.replace(at, 6, "\\ufffd");
      at += 6;
    }
  }
}

// The index behind the string that begins at `at`, or the end of the text.
size_t skip_string(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

// Counts without understanding: the parser behind it sees to the grammar.
std::optional<std::string> find_excess(std::string_view text, const JsonLimits& limits) {
  std::vector<size_t> keys;  // of each open array or object
  size_t values = 0;
  for (size_t i = 0; i < text.size();) {
    switch (text[i]) {
      case '"':
        i = skip_string(text, i);
        continue;
      case '{':
      case '[':
        keys.push_back(0);
        ++values;
        if (keys.size() > limits.depth_max) {
          return fmt::format("nested deeper than {} levels at byte {}", limits.depth_max, i);
        }
        break;
      case '}':
      case ']':
        if (!keys.empty()) keys.pop_back();
        break;
      case ':':
        if (!keys.empty() && ++keys.back() > limits.keys_max) {
          return fmt::format("an object has more than {} keys at byte {}", limits.keys_max, i);
        }
        break;
      case ',':
        if (++values > limits.values_max) {
          return fmt::format("more than {} values", limits.values_max);
        }
        break;
      default:
        break;
    }
    ++i;
  }
  return std::nullopt;
}

// "syntax error while parsing value - unexpected '}'" out of the library's longer words.
std::string reason_of(const nlohmann::json::exception& error) {
  std::string_view words = error.what();
  if (const size_t end = words.find("] "); end != std::string_view::npos) {
    words.remove_prefix(end + 2);
  }
  constexpr std::string_view marker = ": ";
  if (words.starts_with("parse error at")) {
    const size_t end = words.find(marker);
    if (end != std::string_view::npos) words.remove_prefix(end + marker.size());
  }
  return std::string(words.substr(0, words.find("; last read")));
}

// The library writes a tab as \t, we as \u0009; prompts have had the library's from the beginning.
bool written_alike(std::string_view text) {
  for (size_t at = find_json_special(text, 0); at < text.size();
       at = find_json_special(text, at + 1)) {
    if (text[at] != '"' && text[at] != '\\' && text[at] != '\n') return false;
  }
  return true;
}

void append_text(std::string& out, const std::string& text) {
  if (!written_alike(text)) {
    out += Json(text).dump();
  } else {
    append_json_string(out, text);
  }
}

void append_value(std::string& out, const Json& value) {
  char before = '{';
  switch (value.type()) {
    case Json::value_t::object:
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        out += std::exchange(before, ',');
        append_text(out, name);
        out += ':';
        append_value(out, member);
      }
      out += value.empty() ? "{}" : "}";
      break;
    case Json::value_t::array:
      before = '[';
      for (const Json& element : value.get_ref<const Json::array_t&>()) {
        out += std::exchange(before, ',');
        append_value(out, element);
      }
      out += value.empty() ? "[]" : "]";
      break;
    case Json::value_t::string:
      append_text(out, value.get_ref<const std::string&>());
      break;
    default:
      out += value.dump();
      break;
  }
}

}  // namespace

std::string print_json(const Json& value) {
  std::string out;
  append_value(out, value);
  return out;
}

Result<Json> parse_json(std::string text, const JsonLimits& limits) {
  const auto refuse = [](const std::string& reason) {
    return fail(Error::Kind::invalid_request,
                "The request body is not valid JSON: " + reason + ".");
  };
  if (const auto at = find_invalid_utf8(text)) {
    return refuse(fmt::format("invalid UTF-8 at byte {}", *at));
  }
  if (auto read = read_json_quickly(text, limits)) return std::move(*read);
  if (const auto excess = find_excess(text, limits)) return refuse(*excess);
  replace_lone_surrogates(text);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return refuse(fmt::format("{} at byte {}", reason_of(error), error.byte));
  } catch (const nlohmann::json::exception& error) {  // a number that no double can hold
    return refuse(reason_of(error));
  }
}

}  // namespace anyclaude
