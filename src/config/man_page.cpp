#include "config/man_page.h"

#include <fmt/format.h>

#include "config/command_line.h"
#include "config/commands.h"
#include "config/help.h"
#include "config/help_prose.h"

namespace anyclaude {
namespace {

// Lines that are shown as they are.
std::string shown(std::string_view lines) { return ".nf\n" + roff(lines) + ".fi\n"; }

// A term with its placeholder, to be followed by what it means.
std::string term(std::string_view name, std::string_view placeholder) {
  const std::string value =
      placeholder.empty() ? std::string() : fmt::format(" \\fI{}\\fR", roff(placeholder));
  return fmt::format(".TP\n\\fB{}\\fR{}\n", roff(name), value);
}

std::string commands_section() {
  std::string out = ".SH COMMANDS\n";
  for (const ListedCommand& command : all_commands()) {
    out += fmt::format("{}{}\n", term(command.name, ""), roff(command.help));
  }
  for (const ListedCommand& command : all_commands()) {
    if (command.guide.empty()) continue;
    out += fmt::format(".SS anyclaude {}\n{}", roff(command.name), shown(command.guide));
  }
  return out;
}

// The flags of single commands, and of those below them.
std::string flags_of(const CommandWords& words, const std::string& path) {
  std::string out;
  for (const CommandWords& command : words.commands) {
    const std::string name = path + command.name;
    for (const WordHelp& flag : command.flags) {
      out +=
          fmt::format("{}{}: {}\n", term(flag.name, flag.placeholder), roff(name), roff(flag.help));
    }
    out += flags_of(command, name + ' ');
  }
  return out;
}

std::string settings_section() {
  std::string out = ".SH SETTINGS\n" + roff(help_prose.settings);
  std::string_view title;
  for (const Setting& setting : all_settings()) {
    if (title != title_of(setting.group)) {
      title = title_of(setting.group);
      out += fmt::format(".SS {}\n", roff(title));
    }
    out += fmt::format(
        "{}{}\n.br\n{}, {}\n", term("--" + std::string(setting.name), setting.placeholder),
        roff(setting.help), roff(environment_name(setting)), roff(file_key(setting)));
  }
  return out;
}

constexpr std::string_view last_sections = R"(.SH FILES
.TP
\fI$XDG_CONFIG_HOME/anyclaude\fR (\fI\(ti/.config/anyclaude\fR)
config.toml, and key, the random key of the first start.
.TP
\fI$XDG_CACHE_HOME/anyclaude\fR (\fI\(ti/.cache/anyclaude\fR)
Models and computed prompts (kv): can be made again.
.TP
\fI$XDG_STATE_HOME/anyclaude\fR (\fI\(ti/.local/state/anyclaude\fR)
Logs of servers in the background, and what models answered.
.SH EXIT STATUS
.TP
0
Done.
.TP
1
It could not be done, and the message says why; doctor: something is missing; cache verify:
something was wrong, and is deleted.
.TP
3
status: no server runs.
.PP
Without a command, that of claude.
)";

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string man_page(std::string_view version, std::string_view date) {
  return fmt::format(
      ".\\\" Made by `anyclaude man`.\n"
      ".TH ANYCLAUDE 1 \"{}\" \"anyclaude {}\" \"User Commands\"\n"
      ".SH NAME\nanyclaude \\- {}\n"
      ".SH SYNOPSIS\n.nf\n{}.fi\n"
      ".SH DESCRIPTION\n{}.PP\n{}{}{}{}{}",
      date, version, roff(help_prose.summary), roff(help_prose.synopsis),
      roff(help_prose.without_command), shown(help_prose.examples), commands_section(),
      ".SH FLAGS OF COMMANDS\n" + flags_of(command_words(), ""), settings_section(), last_sections);
}

}  // namespace anyclaude
