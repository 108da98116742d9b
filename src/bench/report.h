// The reports that people read, made from results.json (bench/record.h) and nothing else, so that
// they show its numbers. Names in it come from other servers: none of their text becomes markup.
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_text.h"

namespace anyclaude {

// The table of all rows, what was measured on, and the notes.
std::string markdown_report(const Json& results);

struct ReportChart {
  std::string title;
  std::string words;      // for who cannot see it
  std::string light_svg;  // whole files
  std::string dark_svg;
};

// One page that needs nothing from anywhere, with the table, the charts, the notes and every single
// value. Light or dark, as the reader's system has it.
std::string html_report(const Json& results, const std::vector<ReportChart>& charts);

// For a cell of a table: on one line, and nothing in it is read as Markdown or HTML.
std::string escape_markdown(std::string_view text);

}  // namespace anyclaude
