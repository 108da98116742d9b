#include "prompt/tool_emulation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/random.h"
#include "protocol/json_string.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

constexpr std::string_view call_begin = "<tool_call>";
constexpr std::string_view call_end = "</tool_call>";
constexpr std::string_view think_begin = "<think>";
constexpr std::string_view think_end = "</think>";
constexpr std::string_view blanks = " \t\r\n";

std::string told(const std::vector<Tool>& tools, const ToolChoice& choice) {
  std::string text =
      "# Tools\n\nYou may call these functions. Each line between the tags describes one of them:\n"
      "<tools>\n";
  for (const Tool& tool : tools) {
    text += R"({"type": "function", "function": {"name": )" + json_string(tool.name) +
            R"(, "description": )" + json_string(tool.description) + R"(, "parameters": )" +
            tool.input_schema_json + "}}\n";
  }
  text +=
      "</tools>\n\nTo call one, write a JSON object with its name and its arguments between "
      "<tool_call> and </tool_call>, and nothing behind it:\n<tool_call>\n"
      R"({"name": "function name", "arguments": {"argument": "value"}})"
      "\n</tool_call>\nThe result follows in the next turn between <tool_response> and "
      "</tool_response>.";
  if (!choice.parallel) text += " Call one function at a time.";
  return text;
}

std::string in_words(const CanonicalCall& call) {
  return std::string(call_begin) + "\n{\"name\": " + json_string(call.name) +
         ", \"arguments\": " + call.arguments_json + "}\n" + std::string(call_end);
}

void append_line(std::string& text, std::string_view more) {
  if (!text.empty()) text += '\n';
  text += more;
}

// What a request demands of this answer alone stands at its end: in the front it would change the
// whole prompt.
std::string demand(const ToolChoice& choice) {
  if (choice.mode == ToolChoice::Mode::any) return "Answer with a call of one of the functions.";
  if (choice.mode == ToolChoice::Mode::tool) {
    return "Answer with a call of the function " + choice.name + ".";
  }
  if (choice.mode == ToolChoice::Mode::none) return "Answer without calling a function.";
  return {};
}

// `text` up to where its last bytes could be the beginning of `tag`.
size_t certain(std::string_view text, std::string_view tag) {
  for (size_t length = std::min(text.size(), tag.size() - 1); length > 0; --length) {
    if (text.ends_with(tag.substr(0, length))) return text.size() - length;
  }
  return text.size();
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::string_view without_fences(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with("```") || !text.ends_with("```") || text.size() < 6) return text;
  text = text.substr(3, text.size() - 6);
  const size_t brace = text.find('{');
  return brace == std::string_view::npos ? text : trimmed(text.substr(brace));
}

// The brackets that are missing at the end; nothing where the text ends within a string, for what
// is missing there nobody knows.
std::optional<std::string> missing_end(std::string_view json) {
  std::string open;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      open += c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) return std::nullopt;
      open.pop_back();
    }
  }
  if (in_string) return std::nullopt;
  std::ranges::reverse(open);
  return open;
}

std::optional<Json> parsed(std::string_view text) {
  auto value = parse_json(std::string(text), {});
  if (value) return std::move(*value);
  const auto end = missing_end(text);
  if (!end || end->empty()) return std::nullopt;
  value = parse_json(std::string(text) + *end, {});
  if (!value) return std::nullopt;
  return std::move(*value);
}

}  // namespace

void emulate_tools(CanonicalConversation& conversation, const ToolChoice& choice) {
  std::vector<CanonicalMessage> messages;
  if (!conversation.tools.empty()) {
    CanonicalMessage system;
    system.role = CanonicalRole::system;
    system.text = told(conversation.tools, choice);
    messages.push_back(std::move(system));
  }
  for (CanonicalMessage& message : conversation.messages) {
    if (message.role == CanonicalRole::system && !messages.empty()) {
      messages.front().text += "\n\n" + message.text;
      continue;
    }
    if (message.role == CanonicalRole::tool) {
      message.text = "<tool_response>\n" + message.text + "\n</tool_response>";
      message.role = CanonicalRole::user;
      message.tool_call_id.clear();
      message.tool_name.clear();
    }
    for (const CanonicalCall& call : message.calls) append_line(message.text, in_words(call));
    message.calls.clear();
    if (message.role == CanonicalRole::user && !messages.empty() &&
        messages.back().role == CanonicalRole::user) {
      append_line(messages.back().text, message.text);
      auto& images = messages.back().images;
      images.insert(images.end(), message.images.begin(), message.images.end());
    } else {
      messages.push_back(std::move(message));
    }
  }
  const std::string demanded = conversation.tools.empty() ? std::string() : demand(choice);
  if (!demanded.empty() && messages.back().role == CanonicalRole::user) {
    messages.back().text += "\n\n" + demanded;
  }
  conversation.messages = std::move(messages);
  conversation.tools.clear();
  conversation.tool_partings.clear();
  conversation.first_user_partings.clear();
}

ToolUseBlock read_emulated_call(std::string_view json) {
  ToolUseBlock call;
  auto value = parsed(without_fences(json));
  if (!value || !value->is_object()) return call;
  const auto name = value->find("name");
  if (name == value->end() || !name->is_string()) return call;
  Json arguments = Json::object();
  for (const char* key : {"arguments", "parameters", "input"}) {
    if (const auto found = value->find(key); found != value->end() && !found->is_null()) {
      arguments = std::move(*found);
      break;
    }
  }
  if (arguments.is_string()) {
    auto decoded = parsed(arguments.get<std::string>());
    if (!decoded) return call;
    arguments = std::move(*decoded);
  }
  if (!arguments.is_object()) return call;
  call.name = name->get<std::string>();
  call.input_json = arguments.dump();
  return call;
}

// ---- The answer ---------------------------------------------------------------------------------

void AnswerText::take(std::string_view text, std::vector<Event>& events) {
  held_ += text;
  while (step(events)) {
  }
}

// True: there may be more to do with what is held.
bool AnswerText::step(std::vector<Event>& events) {
  switch (part_) {
    case Part::beginning: {
      const std::string_view text = trimmed(held_);
      if (options_.thinking && text.size() < think_begin.size() && think_begin.starts_with(text)) {
        return false;
      }
      if (options_.thinking && text.starts_with(think_begin)) {
        held_.erase(0, held_.find(think_begin) + think_begin.size());
        part_ = Part::thinking;
        skip_space_ = true;
      } else {
        part_ = Part::words;
      }
      return true;
    }
    case Part::thinking: {
      const size_t end = held_.find(think_end);
      const size_t sure = std::min(end, certain(held_, think_end));
      std::string thought = held_.substr(0, sure);
      if (skip_space_)
        thought.erase(0, std::min(thought.find_first_not_of(blanks), thought.size()));
      if (!thought.empty()) {
        skip_space_ = false;
        events.emplace_back(ThinkingDelta{std::move(thought)});
      }
      held_.erase(0, sure);
      if (end == std::string::npos) return false;
      held_.erase(0, think_end.size());
      part_ = Part::words;
      skip_space_ = true;
      return true;
    }
    case Part::words: {
      const size_t begin = options_.calls ? held_.find(call_begin) : std::string::npos;
      const size_t sure =
          std::min(begin, options_.calls ? certain(held_, call_begin) : held_.size());
      give_words(std::string_view(held_).substr(0, sure), events);
      written_.append(held_, 0, sure);
      held_.erase(0, sure);
      if (begin == std::string::npos) return false;
      part_ = Part::call;
      return true;
    }
    case Part::call: {
      const size_t end = held_.find(call_end);
      if (end == std::string::npos) return false;
      const std::string whole = held_.substr(0, end + call_end.size());
      held_.erase(0, whole.size());
      written_ += whole;
      give_call(std::string_view(whole).substr(call_begin.size(), end - call_begin.size()), whole,
                events);
      part_ = Part::words;
      return !held_.empty();
    }
  }
  return false;
}

// Blanks at the beginning, and around calls, are the form's and not the answer's.
void AnswerText::give_words(std::string_view text, std::vector<Event>& events) {
  if (skip_space_) text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  if (text.empty()) return;
  skip_space_ = false;
  events.emplace_back(TextDelta{std::string(text)});
}

void AnswerText::give_call(std::string_view text, std::string_view whole,
                           std::vector<Event>& events) {
  skip_space_ = true;
  ToolUseBlock call = read_emulated_call(text);
  if (call.name.empty()) {
    skip_space_ = false;
    return give_words(whole, events);  // the user and the model see what was meant
  }
  called_ = true;
  events.emplace_back(ToolUseStart{"toolu_" + random_hex(12), std::move(call.name)});
  events.emplace_back(ToolInputDelta{std::move(call.input_json)});
}

void AnswerText::end(std::vector<Event>& events) {
  if (part_ != Part::thinking) written_ += held_;
  if (part_ == Part::call) {
    give_call(std::string_view(held_).substr(call_begin.size()), held_, events);
  } else if (part_ == Part::thinking) {
    if (!held_.empty()) events.emplace_back(ThinkingDelta{std::move(held_)});
  } else {
    give_words(held_, events);
  }
  held_.clear();
}

}  // namespace anyclaude
