#include "prompt/echo.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

class Hasher {
 public:
  // Each with its length, so that no two lists of texts are the same bytes.
  Hasher& add(std::string_view text) {
    const uint64_t size = text.size();
    sum_.add({reinterpret_cast<const uint8_t*>(&size), sizeof size});
    sum_.add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    return *this;
  }
  Hasher& add(const EchoName& name) {
    return add({reinterpret_cast<const char*>(name.data()), name.size()});
  }

  EchoName name() {
    const auto digest = sum_.digest();
    // One name for all would put answers into each other's prompts.
    if (!digest) throw std::bad_alloc();
    return *digest;
  }

 private:
  Sha256 sum_;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Clients drop blank texts, and texts before and after the calls become one.
std::string without_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return !is_blank(c); });
  return out;
}

// Edit.new_string and Write.content lose the blanks at the ends of their lines.
std::string without_line_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      while (!out.empty() && is_blank(out.back()) && out.back() != '\n') out.pop_back();
    }
    out += c;
  }
  while (!out.empty() && is_blank(out.back())) out.pop_back();
  return out;
}

// "5000.0", 5e3 and 5000 are one number, and "1" becomes 1 where the tool's schema wants it.
std::optional<std::string> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  std::array<char, 40> out{};
  const auto written = std::to_chars(out.data(), out.data() + out.size(), value);
  return std::string(out.data(), written.ptr);
}

// JavaScript's numbers are doubles. Integers that those do not hold stay as they are written.
std::string scalar(const std::string& text) {
  const size_t digits =
      static_cast<size_t>(std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }));
  if (digits > 0 && digits <= 15) {
    if (auto number = as_number(text)) return *number;
  }
  return without_line_ends(text);
}

// `cd FOLDER && `, which Claude Code takes away where it is in that folder already.
std::string_view change_of_folder(std::string_view command) {
  if (!command.starts_with("cd ")) return {};
  const size_t end = command.find(" && ");
  return end == std::string_view::npos ? std::string_view() : command.substr(0, end + 4);
}

class Meaning {
 public:
  Meaning(Hasher& hasher, bool stay) : hasher_(hasher), stay_(stay) {}

  void add_call(const CanonicalCall& call) {
    hasher_.add(call.id).add(call.name);
    // An input of which nothing came is an empty one to the client.
    const auto input = parse_json(call.arguments_json.empty() ? "{}" : call.arguments_json, {});
    if (!input) {
      hasher_.add("broken").add(call.arguments_json);
      return;
    }
    // What the client makes of an input that is no JSON.
    const auto broken = input->find("__unparsedToolInput");
    if (broken != input->end() && broken->is_object() && broken->contains("raw") &&
        broken->at("raw").is_string()) {
      hasher_.add("broken").add(broken->at("raw").get_ref<const std::string&>());
      return;
    }
    is_bash_ = call.name == "Bash";
    add(*input, "");
  }

 private:
  void add(const Json& value, std::string_view key) {  // depth is bounded by parse_json
    if (value.is_object()) {
      std::map<std::string_view, const Json*> members;  // by name; the last of one name counts
      for (const auto& [name, member] : value.items()) members[name] = &member;
      hasher_.add("{");
      for (const auto& [name, member] : members) {
        hasher_.add(name);
        add(*member, name);
      }
      hasher_.add("}");
    } else if (value.is_array()) {
      hasher_.add("[");
      for (const auto& element : value) add(element, "");
      hasher_.add("]");
    } else if (value.is_string()) {
      std::string_view text = value.get_ref<const std::string&>();
      if (stay_ && is_bash_ && key == "command") text.remove_prefix(change_of_folder(text).size());
      hasher_.add("=").add(scalar(std::string(text)));
    } else {
      hasher_.add("=").add(scalar(value.dump()));
    }
  }

  Hasher& hasher_;
  const bool stay_;  // take changes of the folder away
  bool is_bash_ = false;
};

EchoName answer_name(const EchoName& before, const CanonicalMessage& answer, bool stay) {
  Hasher hasher;
  hasher.add(before).add("assistant").add(without_blanks(answer.text));
  Meaning meaning(hasher, stay);
  for (const auto& call : answer.calls) meaning.add_call(call);
  return hasher.name();
}

}  // namespace

EchoName echo_begin(std::string_view whose) { return Hasher().add("begin").add(whose).name(); }

EchoName echo_derived(const EchoName& name, std::span<const std::string_view> texts) {
  Hasher hasher;
  hasher.add(name).add("derived");
  for (const std::string_view text : texts) hasher.add(text);
  return hasher.name();
}

EchoName echo_name(const EchoName& before, const CanonicalMessage& turn) {
  switch (turn.role) {
    case CanonicalRole::system:
      return before;
    case CanonicalRole::assistant:
      return answer_name(before, turn, false);
    case CanonicalRole::user:
      return Hasher().add(before).add("user").add(turn.text).name();
    case CanonicalRole::tool:
      return Hasher().add(before).add("tool").add(turn.tool_call_id).add(turn.text).name();
  }
  return before;
}

std::vector<EchoName> echo_names(const EchoName& before, const CanonicalMessage& answer) {
  std::vector<EchoName> names = {answer_name(before, answer, false)};
  const EchoName other = answer_name(before, answer, true);
  if (other != names.front()) names.push_back(other);
  return names;
}

}  // namespace anyclaude
