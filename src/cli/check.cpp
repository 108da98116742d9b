#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/units.h"
#include "cli/client_plan.h"
#include "protocol/json_string.h"

namespace anyclaude {
namespace {

using Level = Check::Level;

constexpr uint32_t roomy_context_tokens = 32 * 1024;

std::string_view level_name(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::fail:
      return "fail";
  }
  return {};
}

constexpr size_t text_column = 16;

// Further lines stand below the first one.
std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(text_column, ' ');
  }
  return out;
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return out + "'";
}

}  // namespace

Check check_context(uint32_t tokens) {
  const std::string text = fmt::format(
      "{} tokens; Claude Code's prompt takes about {}, with four tools {}", print_count(tokens),
      print_count(full_prompt_tokens), print_count(small_prompt_tokens));
  const std::string more = "take a model with a longer context, or raise the limit if one was set";
  if (tokens < cramped_context_tokens) return {Level::fail, "context", text, more};
  if (tokens < small_context_tokens) {
    return {Level::warn, "context", text,
            "the launcher gives claude Bash, Edit, Read and Write only; for the others " + more};
  }
  if (tokens < roomy_context_tokens) {
    return {Level::warn, "context", text, "conversations will be compacted early; " + more};
  }
  return {Level::ok, "context", text, ""};
}

std::string command_text(const Remedy& remedy) {
  std::string out;
  for (const std::string& word : remedy.command) out += (out.empty() ? "" : " ") + quoted(word);
  return out;
}

std::string checks_text(const std::vector<Check>& checks) {
  std::string out;
  for (const Check& check : checks) {
    out += fmt::format("{:<4}  {:<8}  {}\n", level_name(check.level), check.name,
                       indented(check.text));
    if (!check.advice.empty()) {
      out += fmt::format("{:{}}-> {}\n", "", text_column, indented(check.advice));
    }
    for (const Remedy& remedy : check.remedies) {
      out += fmt::format("{:{}}   {}\n", "", text_column, command_text(remedy));
    }
  }
  return out;
}

std::string checks_json(const std::vector<Check>& checks) {
  std::string list;
  for (const Check& check : checks) {
    std::string commands;
    for (const Remedy& remedy : check.remedies) {
      commands += (commands.empty() ? "" : ",") + json_string(command_text(remedy));
    }
    list += fmt::format(R"({}{{"level":"{}","name":{},"text":{},"advice":{},"commands":[{}]}})",
                        list.empty() ? "" : ",", level_name(check.level), json_string(check.name),
                        json_string(check.text), json_string(check.advice), commands);
  }
  return fmt::format("{{\"ok\":{},\"checks\":[{}]}}\n", !any_failed(checks), list);
}

bool any_failed(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.level == Level::fail; });
}

}  // namespace anyclaude
