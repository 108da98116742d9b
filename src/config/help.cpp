#include "config/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "config/settings.h"

namespace anyclaude {
namespace {

constexpr size_t columns = 80;
constexpr size_t indent = 6;

constexpr std::string_view introduction =
    R"(anyclaude: Claude Code, on your own model.

  anyclaude [settings] [-- arguments for claude]
  anyclaude COMMAND [settings]

Without a command: finds the running server or starts one in the background,
waits until the model is loaded, and runs `claude` against it. Everything after
`--` goes to claude, and its exit code comes back.

  anyclaude                          a session in this folder
  anyclaude -- -p "What is this?"    one question
  anyclaude --model ~/qwen3.gguf     with another model

Commands
  run       what happens without a command
  serve     runs the server in the foreground, until ^C
  status    what the server is doing [--json]; exit code 3 if none runs
  stop      ends the server
  warm      computes ahead what prompts will begin with, as far as the server
            knows; --from-client runs claude once, so that it does [--json]
  mode      who answers, and who might [--json]; `anyclaude mode vllm`: from the
            next request on, also of a session that runs
  doctor    what is missing, what would be faster [--json]; exit code 1 if it
            cannot work; --backend mlx-lm looks at what another mode needs,
            --fix installs and starts what is missing of it
  cache     what is stored of computed prompts: list, check, throw out, export
            and import it; `anyclaude cache --help` explains
  models    the models on this machine: list, pull from the Hugging Face hub,
            delete; `anyclaude models --help` explains

Every setting is a flag, a variable of the environment and a line of
config.toml: --kv-type-k q8_0, ANYCLAUDE_KV_TYPE_K=q8_0, kv_type_k = "q8_0".
Flags beat the environment, the environment beats the file, which is
$XDG_CONFIG_HOME/anyclaude/config.toml (~/.config/anyclaude/config.toml).
Tokens may be written 64k (65,536), sizes 8GiB or 512MiB, times 30m or 2h.
)";

std::string wrap(std::string_view text) {
  std::string out;
  size_t column = columns;  // the first word begins the first line
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column + 1 + word.size() > columns) {
      out += fmt::format("{}{:{}}", out.empty() ? "" : "\n", "", indent);
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

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

}  // namespace

std::string help_text() {
  std::string out(introduction);
  std::string_view title;
  for (const Setting& setting : all_settings()) {
    if (title != title_of(setting.group)) {
      title = title_of(setting.group);
      out += fmt::format("\n{}\n", title);
    }
    out += fmt::format("  --{}{}{}\n{}", setting.name, setting.placeholder.empty() ? "" : " ",
                       setting.placeholder, wrap(setting.help));
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
