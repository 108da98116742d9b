#include "config/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "config/commands.h"
#include "config/help_prose.h"

namespace anyclaude {
namespace {

constexpr size_t columns = 80;
constexpr size_t setting_indent = 6;
constexpr size_t command_indent = 14;

// Behind what stands in the first line up to `column` already; each line begins at the indent.
std::string wrap(std::string_view text, size_t indent, size_t column) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column + 1 + word.size() > columns) {
      out += fmt::format("\n{:{}}", "", indent);
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

}  // namespace

std::string_view title_of(Setting::Group group) {
  switch (group) {
    case Setting::Group::model:
      return "Model";
    case Setting::Group::engine:
      return "Engine: chosen by itself from the model and the machine where not set";
    case Setting::Group::cache:
      return "What is kept of computed prompts";
    case Setting::Group::backend:
      return "Backends: other servers of models, in the place of the embedded engine";
    case Setting::Group::hub:
      return "Hub: where `anyclaude models pull` fetches models";
    case Setting::Group::server:
      return "Server";
    case Setting::Group::launcher:
      return "Launcher";
  }
  return {};
}

std::string help_text() {
  std::string out =
      fmt::format("anyclaude: {}.\n\n{}\n{}\n{}\nCommands\n", help_prose.summary,
                  help_prose.synopsis, help_prose.without_command, help_prose.examples);
  for (const ListedCommand& command : all_commands()) {
    out += fmt::format("  {:<{}}{}", command.name, command_indent - 2,
                       wrap(command.help, command_indent, command_indent));
  }
  out += fmt::format("\n{}", help_prose.settings);
  std::string_view title;
  for (const Setting& setting : all_settings()) {
    if (title != title_of(setting.group)) {
      title = title_of(setting.group);
      out += fmt::format("\n{}\n", title);
    }
    out += fmt::format("  --{}{}{}\n{:{}}{}", setting.name, setting.placeholder.empty() ? "" : " ",
                       setting.placeholder, "", setting_indent,
                       wrap(setting.help, setting_indent, setting_indent));
  }
  return out + "\nOther\n  --version\n  --help\n";
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // Levenshtein distance, one row at a time.
    std::vector<size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i + 1);
      for (size_t j = 0; j < candidate.size(); ++j) {
        const size_t replaced = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace anyclaude
