#include "bench/report.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/markup.h"
#include "base/units.h"
#include "bench/numbers.h"

namespace anyclaude {
namespace {

std::string text_of(const Json& value) { return value.get<std::string>(); }

std::string printed(uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", print_count(count), count == 1 ? one : many);
}

// What was measured, on what, in a sentence or two without any markup.
std::string circumstances(const Json& results) {
  const Json& machine = results["machine"];
  const Json& plan = results["plan"];
  std::string out = fmt::format(
      "anyclaude {} on {}, {}, {}, {}; {}. {} of prompts with about {} tokens, in {:.0f} s.",
      text_of(results["anyclaude"]), text_of(machine["processor"]),
      printed(machine["cores"].get<uint64_t>(), "core", "cores"),
      print_bytes(machine["memory_bytes"].get<uint64_t>()), text_of(machine["system"]),
      text_of(results["started"]), printed(plan["rounds"].get<uint64_t>(), "round", "rounds"),
      print_count(plan["prompt_tokens"].get<uint64_t>()), results["seconds"].get<double>());
  std::string settings;
  for (const Json& setting : results["settings"]) settings += " " + text_of(setting);
  if (!settings.empty()) out += " Settings:" + settings + ".";
  return out;
}

std::string about_server(const Json& server) {
  const std::string context =
      server["context_tokens"].is_number()
          ? fmt::format(", a context of {} tokens", count_text(server["context_tokens"]))
          : std::string();
  return fmt::format("model {}, {} API at {}{}", text_of(server["model"]), text_of(server["api"]),
                     text_of(server["url"]), context);
}

constexpr std::string_view explanation =
    "Seconds until the answer begins: median (least–most). Tokens of the prompt: reused / "
    "computed, as each server tells them; of agents and of a session those of all together. "
    "Answers of one token are asked for, so that only reading the prompt counts. The servers were "
    "asked in turn.";

// ---- HTML ---------------------------------------------------------------------------------------

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1a1a1a; --muted: #5c5c5c; --line: #d5d5d5;
  --back: #ffffff; --head: #f3f4f6; }
@media (prefers-color-scheme: dark) { :root { --text: #ededed; --muted: #a8adb5; --line: #3a3e45;
  --back: #16181c; --head: #22252b; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
p.small, figcaption { color: var(--muted); font-size: 0.85rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.4rem 0.6rem; text-align: right;
  vertical-align: top; }
th { background: var(--head); }
th:first-child, td:first-child { text-align: left; }
td small { color: var(--muted); display: block; }
figure { margin: 2rem 0; }
img { height: auto; max-width: 100%; }
li { overflow-wrap: anywhere; }
)";

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

// As an image of its own: what two drawings call by the same name does not meet.
std::string html_chart(const ReportChart& chart) {
  constexpr std::string_view kind = "data:image/svg+xml;base64,";
  return fmt::format(
      "<figure>\n<picture>\n<source media=\"(prefers-color-scheme: dark)\" srcset=\"{}{}\">\n"
      "<img width=\"960\" alt=\"{}\" src=\"{}{}\">\n</picture>\n<figcaption>{}</figcaption>\n"
      "</figure>\n",
      kind, base64(chart.dark_svg), escape_markup(chart.title), kind, base64(chart.light_svg),
      escape_markup(chart.words));
}

std::string html_table(const Json& results) {
  std::string out = "<div class=\"wide\"><table>\n<tr><th>Seconds to the first token</th>";
  for (const Json& server : results["servers"]) {
    out += "<th>" + escape_markup(text_of(server["name"])) + "</th>";
  }
  out += "</tr>\n";
  for (const Json& row : results["rows"]) {
    out += "<tr><td>" + escape_markup(text_of(row["title"])) + "</td>";
    for (size_t server = 0; server < results["servers"].size(); ++server) {
      const Json* cell = cell_of_server(row, server);
      out += cell ? fmt::format("<td>{}<small>{}</small></td>", spread_text((*cell)["first_s"]),
                                reused_and_new_text(*cell))
                  : "<td>not measured</td>";
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string html_requests(const Json& results) {
  std::string out =
      "<details><summary>Every single value</summary>\n<div class=\"wide\"><table>\n"
      "<tr><th>Server</th><th>Round</th><th>Request</th><th>First token, s</th><th>Whole, s</th>"
      "<th>Prompt</th><th>Reused</th><th>Computed</th></tr>\n";
  for (const Json& request : results["requests"]) {
    const auto server = request["server"].get<size_t>();
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{} {}</td><td>{:.4f}</td><td>{:.4f}</td><td>{}</td>"
        "<td>{}</td><td>{}</td></tr>\n",
        escape_markup(text_of(results["servers"][server]["name"])),
        request["round"].get<uint32_t>(), escape_markup(text_of(request["scenario"])),
        request["number"].get<size_t>(), request["first_s"].get<double>(),
        request["whole_s"].get<double>(), count_text(request["prompt_tokens"]),
        count_text(request["reused_tokens"]), count_text(request["new_tokens"]));
  }
  return out + "</table></div></details>\n";
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view special = "\\`*_{}[]|~#";
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      out += ' ';
    } else if (special.find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else if (c == '<' || c == '>' || c == '&') {
      out += escape_markup(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out;
}

std::string markdown_report(const Json& results) {
  std::string out = "# anyclaude bench\n\n" + escape_markdown(circumstances(results)) + "\n\n";
  for (const Json& server : results["servers"]) {
    out += fmt::format("- {}: {}\n", escape_markdown(text_of(server["name"])),
                       escape_markdown(about_server(server)));
  }
  out += "\n| seconds to the first token |";
  std::string rule = "|---|";
  for (const Json& server : results["servers"]) {
    out += fmt::format(" {} | reused / computed |", escape_markdown(text_of(server["name"])));
    rule += "---|---|";
  }
  out += "\n" + rule + "\n";
  for (const Json& row : results["rows"]) {
    out += fmt::format("| {} |", escape_markdown(text_of(row["title"])));
    for (size_t server = 0; server < results["servers"].size(); ++server) {
      const Json* cell = cell_of_server(row, server);
      out += cell ? fmt::format(" {} | {} |", spread_text((*cell)["first_s"]),
                                reused_and_new_text(*cell))
                  : " not measured | |";
    }
    out += "\n";
  }
  out += fmt::format("\n{}\n", explanation);
  if (!results["notes"].empty()) out += "\nNotes\n\n";
  for (const Json& note : results["notes"]) out += "- " + escape_markdown(text_of(note)) + "\n";
  return out;
}

std::string html_report(const Json& results, const std::vector<ReportChart>& charts) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n<title>anyclaude bench</title>\n<style>{}</style>\n</head>\n"
      "<body>\n<h1>anyclaude bench</h1>\n<p>{}</p>\n<ul>\n",
      style, escape_markup(circumstances(results)));
  for (const Json& server : results["servers"]) {
    out += fmt::format("<li><b>{}</b>: {}</li>\n", escape_markup(text_of(server["name"])),
                       escape_markup(about_server(server)));
  }
  out += "</ul>\n" + html_table(results);
  out += fmt::format("<p class=\"small\">{}</p>\n", escape_markup(explanation));
  if (!results["notes"].empty()) out += "<h2>Notes</h2>\n<ul>\n";
  for (const Json& note : results["notes"]) {
    out += "<li>" + escape_markup(text_of(note)) + "</li>\n";
  }
  if (!results["notes"].empty()) out += "</ul>\n";
  for (const ReportChart& chart : charts) out += html_chart(chart);
  return out + html_requests(results) + "</body>\n</html>\n";
}

}  // namespace anyclaude
